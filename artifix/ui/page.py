"""The page: what lies where, and which action answers what."""

from typing import Any

import gradio as gr

from artifix.ui.actions import Actions
from artifix.ui.painting import PAINT, PAINT_OPACITY
from artifix.ui.region_box import SCRIPT, STYLE, TEMPLATE

_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")  # of the visitor's system
_MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
_KEPT_S = 3600  # how long files of a closed page are kept, and how often that is looked after
THEME = gr.themes.Soft(primary_hue="indigo", neutral_hue="slate", font=_FONTS, font_mono=_MONO_FONTS)
CSS = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
#head h1 { margin: 0; font-size: 1.7rem; letter-spacing: -.02em; }
#head p { margin: .15rem 0 0; color: var(--body-text-color-subdued); }
.step h3 { margin: 0; font-size: 1.02rem; }
.step p { margin: .1rem 0 0; color: var(--body-text-color-subdued); font-size: .9rem; }
"""
_HEAD = "# artifix\nThe real part back into a generated image; nothing else is touched."
_PAINT_HELP = "### 1 · Image\nDrop it, and paint over what is wrong."
_REFERENCE_HELP = "### 2 · Reference\nDrop photos of the same object. Draw a box where finding it fails."
_RESULT_HELP = "### 3 · Result\nDrag the line to compare."
_COMMAND_LABEL = "The same on the command line, in a folder with the files of the archive"


def page_of(actions: Actions) -> gr.Blocks:
    """The page, ready to be served."""
    with gr.Blocks(title="artifix", analytics_enabled=False, delete_cache=(_KEPT_S, _KEPT_S)) as page:
        visitor = gr.State(None, delete_callback=actions.leave, time_to_live=24 * _KEPT_S)
        gr.Markdown(_HEAD, elem_id="head")
        with gr.Row(equal_height=False):
            with gr.Column():
                image, editor, propose, mask_file = _image_column()
            with gr.Column():
                references, region, forget = _reference_column()
        with gr.Accordion("Options", open=False, elem_id="options"), gr.Row():
            choices = _options()
        with gr.Row():
            locate = gr.Button("Locate", elem_id="locate")
            refine = gr.Button("Refine", variant="primary", elem_id="refine")
            stop = gr.Button("Stop", variant="stop", elem_id="stop", scale=0, min_width=110)
        said = gr.Markdown(elem_id="said", min_height=90)  # of which progress takes the place
        results, shown = _results(visitor, actions)
        page.load(actions.arrive, None, visitor, api_visibility="private")
        _answer_files(actions, visitor, image, editor, mask_file, references, region, forget)
        asked = [visitor, editor, region, *choices[:3]]
        network: dict[str, Any] = {"concurrency_id": "network", "concurrency_limit": 1}
        propose.click(
            actions.propose, visitor, [editor, said], api_name="propose", show_progress_on=said, **network
        )
        locate.click(
            actions.locate, asked, [region, said], api_name="locate", show_progress_on=said, **network
        )
        refine.click(
            actions.refine,
            [*asked, choices[3]],
            [results, *shown],
            api_name="refine",
            show_progress_on=said,
            **network,
        )
        stop.click(actions.stop, visitor, None, queue=False, api_visibility="private")
    return page


def _image_column() -> tuple[Any, Any, Any, Any]:
    gr.Markdown(_PAINT_HELP, elem_classes="step")
    image = gr.File(label="Image", height=110, elem_id="image")
    red, green, blue = PAINT
    colour = f"rgba({red}, {green}, {blue}, {PAINT_OPACITY})"
    editor = gr.ImageEditor(
        label="Paint the mask",
        type="numpy",
        format="png",
        sources=(),
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=[colour], default_color=colour, color_mode="fixed", default_size=28),
        eraser=gr.Eraser(default_size=28),
        buttons=["fullscreen"],
        height=480,
        visible=False,
        elem_id="editor",
    )
    propose = gr.Button("Propose a mask", size="sm", elem_id="propose")
    with gr.Accordion("I have a mask file", open=False, elem_id="mask-column"):
        mask_file = gr.File(label="White, or paint, where the image is wrong", height=90, elem_id="mask")
    return image, editor, propose, mask_file


def _reference_column() -> tuple[Any, Any, Any]:
    gr.Markdown(_REFERENCE_HELP, elem_classes="step")
    references = gr.File(label="References", file_count="multiple", height=110, elem_id="references")
    region = gr.HTML(
        "",
        html_template=TEMPLATE,
        css_template=STYLE,
        js_on_load=SCRIPT,
        elem_id="region",
        picture="",
        width=1,
        height=1,
        found="",
    )
    forget = gr.Button("Forget the region", size="sm", elem_id="forget")
    return references, region, forget


def _options() -> list[Any]:
    return [
        gr.Checkbox(False, label="The reference may show it mirrored", elem_id="mirror"),
        gr.Checkbox(False, label="Go on with the best guess where nothing matches", elem_id="force"),
        gr.Number(0, label="Seed", precision=0, minimum=0, maximum=2**32 - 1, elem_id="seed"),
        gr.Slider(1, 4, 1, step=1, label="Variants", elem_id="variants"),
    ]


def _results(visitor: Any, actions: Actions) -> tuple[Any, list[Any]]:
    """The group that is hidden until there is a result, and what is in it."""
    with gr.Column(visible=False) as results:
        gr.Markdown(_RESULT_HELP, elem_classes="step")
        gallery = gr.Gallery(
            label="Candidates", columns=4, fit_columns=False, height=320, allow_preview=False,
            visible=False, format="png", buttons=[], elem_id="candidates",
        )  # fmt: skip
        slider = gr.ImageSlider(
            label="Before and after", format="png", type="numpy", max_height=620, interactive=False,
            buttons=["fullscreen"], elem_id="slider",
        )  # fmt: skip
        text = gr.Markdown(elem_id="verdict")
        with gr.Row():
            files = [
                gr.DownloadButton("Download the picture", variant="primary", elem_id="picture"),
                gr.DownloadButton("The mask", elem_id="mask-download"),
                gr.DownloadButton("All files, with the command", elem_id="archive"),
            ]
        command = gr.Code(
            label=_COMMAND_LABEL, language="shell", interactive=False, wrap_lines=True, lines=1,
            buttons=["copy"], elem_id="command",
        )  # fmt: skip
        chosen = [slider, text, command, *files]
        gallery.select(actions.choose, visitor, chosen, api_visibility="private")
    return results, [gallery, *chosen]


def _answer_files(
    actions: Actions,
    visitor: Any,
    image: Any,
    editor: Any,
    mask_file: Any,
    references: Any,
    region: Any,
    forget: Any,
) -> None:
    quiet: dict[str, Any] = {"show_progress": "minimal"}
    image.change(actions.take_image, [visitor, image], editor, api_name="image", **quiet)
    mask_file.upload(actions.take_mask, [visitor, mask_file], editor, api_name="mask", **quiet)
    references.change(actions.take_references, [visitor, references], region, api_name="references", **quiet)
    forget.click(actions.redraw, visitor, region, api_visibility="private", **quiet)

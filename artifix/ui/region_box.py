"""The reference as the page shows it, with a box that is drawn, moved and resized with the pointer."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import ArtifixError
from artifix.geometry import resize

SHOWN_PX = 1000  # longest side of the picture that is sent
_QUALITY = 90  # of its JPEG

# `value` is the box as x0,y0,x1,y1 in pixels of the reference, or empty.
TEMPLATE = """
<div class="stage${picture ? '' : ' empty'}">
  <img src="${picture}" alt="${picture ? 'The reference' : ''}" draggable="false">
  <div class="box${value && value === found ? ' found' : ''}" style="${(() => {
      const b = (value || '').split(',').map(Number);
      return b.length < 4 ? 'display:none' : 'left:' + 100 * b[0] / width + '%;top:' + 100 * b[1] / height +
        '%;width:' + 100 * (b[2] - b[0]) / width + '%;height:' + 100 * (b[3] - b[1]) / height + '%';
    })()}">
    <i data-corner="0"></i><i data-corner="1"></i><i data-corner="2"></i><i data-corner="3"></i>
  </div>
  <p>The reference appears here</p>
</div>
"""

STYLE = """
.stage { position: relative; width: fit-content; max-width: 100%; margin: 0 auto; touch-action: none;
  user-select: none; cursor: crosshair; overflow: hidden; border-radius: var(--radius-md); }
.stage img { display: block; max-width: 100%; max-height: 460px; }
.stage p { display: none; margin: 0; }
.stage.empty { width: 100%; min-height: 220px; display: grid; place-items: center; cursor: default;
  border: 1px dashed var(--border-color-primary); color: var(--body-text-color-subdued); }
.stage.empty img, .stage.empty .box { display: none; }
.stage.empty p { display: block; }
.box { position: absolute; box-sizing: border-box; border: 2px solid #ff2d55; cursor: move;
  box-shadow: 0 0 0 1px rgba(255,255,255,.8), 0 0 0 9999px rgba(0,0,0,.25); }
.box.found { border: 2px dashed #30d158; box-shadow: 0 0 0 1px rgba(0,0,0,.5); }
.box i { position: absolute; width: 14px; height: 14px; border-radius: 50%; background: #fff;
  border: 2px solid #ff2d55; box-sizing: border-box; }
.box.found i { border-color: #30d158; }
.box i[data-corner="0"] { left: -7px; top: -7px; cursor: nwse-resize; }
.box i[data-corner="1"] { right: -7px; top: -7px; cursor: nesw-resize; }
.box i[data-corner="2"] { right: -7px; bottom: -7px; cursor: nwse-resize; }
.box i[data-corner="3"] { left: -7px; bottom: -7px; cursor: nesw-resize; }
"""

SCRIPT = """
const LEAST_PX = 4;
let drag = null;
const within = (number, most) => Math.min(Math.max(number, 0), most);
const boxNow = () => {
  const sides = (props.value || '').split(',').map(Number);
  return sides.length < 4 ? null : sides;
};
const at = (event) => {
  const seen = element.querySelector('img').getBoundingClientRect();
  return [within((event.clientX - seen.left) / seen.width, 1) * props.width,
          within((event.clientY - seen.top) / seen.height, 1) * props.height];
};
const spanned = (a, b) => [Math.min, Math.max].flatMap((of) => [of(a[0], b[0]), of(a[1], b[1])])
  .map(Math.round);
const moved = (box, by) => {
  const x = within(box[0] + Math.round(by[0]), props.width - (box[2] - box[0]));
  const y = within(box[1] + Math.round(by[1]), props.height - (box[3] - box[1]));
  return [x, y, x + box[2] - box[0], y + box[3] - box[1]];
};
const show = (box) => {
  const style = element.querySelector('.box').style;
  style.display = 'block';
  style.left = 100 * box[0] / props.width + '%';
  style.top = 100 * box[1] / props.height + '%';
  style.width = 100 * (box[2] - box[0]) / props.width + '%';
  style.height = 100 * (box[3] - box[1]) / props.height + '%';
};
element.addEventListener('pointerdown', (event) => {
  if (!props.picture || !event.target.closest('.stage')) return;
  event.preventDefault();
  const box = boxNow(), start = at(event), corner = event.target.dataset.corner;
  if (corner !== undefined) {
    drag = { from: [corner == 0 || corner == 3 ? box[2] : box[0], corner < 2 ? box[3] : box[1]] };
  } else if (box && event.target.closest('.box')) {
    drag = { from: start, box: box };
  } else {
    drag = { from: start };
  }
  element.setPointerCapture(event.pointerId);
});
element.addEventListener('pointermove', (event) => {
  if (!drag) return;
  const now = at(event);
  const by = [now[0] - drag.from[0], now[1] - drag.from[1]];
  drag.to = drag.box ? moved(drag.box, by) : spanned(drag.from, now);
  show(drag.to);
});
element.addEventListener('pointerup', () => {
  const box = drag && drag.to, before = props.value || '';
  drag = null;
  if (!box) return;
  const large = box[2] - box[0] >= LEAST_PX && box[3] - box[1] >= LEAST_PX;
  props.value = large ? box.join(',') : before;
  if (!large && boxNow()) show(boxNow());
  trigger('input');
});
"""


def data_url(rgb: NDArray[np.uint8]) -> str:
    """A picture (H, W, 3) as a data: URL, so that it lies under no address that others could ask for."""
    scale = min(1.0, SHOWN_PX / max(rgb.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    shown = rgb if scale == 1 else resize(rgb, (height, width))
    done, data = cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ArtifixError(f"a picture of {width}x{height} px could not be coded for the page")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()

import pytest
import torch
from safetensors.torch import save_file

from artifix.base_models.prompt import embedded
from artifix.errors import OutputError, WeightsError

EMBEDS = {"prompt_embeds": torch.arange(6.0).reshape(1, 2, 3)}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return lambda: sorted(tmp_path.rglob("*.safetensors"))


def never():
    raise AssertionError("the text encoder was asked again")


def test_a_prompt_is_embedded_once(kept):
    embedded("restore", "a" * 64, lambda: EMBEDS)
    assert len(kept()) == 1
    torch.testing.assert_close(embedded("restore", "a" * 64, never), EMBEDS)


def test_other_weights_and_other_prompts_are_embedded_anew(kept):
    for prompt, weights in [("restore", "a" * 64), ("restore", "b" * 64), ("repair", "a" * 64)]:
        embedded(prompt, weights, lambda: EMBEDS)
    assert len(kept()) == 3


def test_what_another_text_encoder_made_is_refused(kept):
    embedded("restore", "a" * 64, lambda: EMBEDS)
    embedded("restore", "b" * 64, lambda: EMBEDS)
    one, other = kept()
    one.write_bytes(other.read_bytes())
    with pytest.raises(WeightsError, match="text encoder of other weights"):
        [embedded("restore", letter * 64, never) for letter in "ab"]


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}{}{}{}", b"x" * 100])
def test_a_damaged_one_is_named(kept, content):
    embedded("restore", "a" * 64, lambda: EMBEDS)
    kept()[0].write_bytes(content)
    with pytest.raises(WeightsError, match="safetensors: "):
        embedded("restore", "a" * 64, never)


def test_one_without_its_origin_is_refused(kept):
    embedded("restore", "a" * 64, lambda: EMBEDS)
    save_file(EMBEDS, kept()[0])
    with pytest.raises(WeightsError, match="delete|other weights"):
        embedded("restore", "a" * 64, never)


def test_a_cache_that_cannot_be_written_is_told_with_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError) as caught:
        embedded("restore", "a" * 64, lambda: EMBEDS)
    assert "XDG_CACHE_HOME" in caught.value.hint

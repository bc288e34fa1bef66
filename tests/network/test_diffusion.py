from dataclasses import fields, replace
from types import SimpleNamespace

import pytest
import torch
from diffusers import DDIMScheduler

from artifix.network.codec import decode
from artifix.network.diffusion import Denoiser, has_aligned_channels


class Oracle:
    """Stands in for a U-Net: answers what it is told and remembers what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.noisy, self.timesteps, self.tokens = [], [], []
        self.config = SimpleNamespace(in_channels=9, out_channels=4)
        self.down_blocks, self.mid_block, self.up_blocks = (), None, ()

    def __call__(self, joined, timestep, encoder_hidden_states, return_dict, **_):
        self.noisy.append(joined[:, :4])
        self.timesteps.append(timestep[0].item())
        self.tokens.append(encoder_hidden_states)
        return (self.answer(encoder_hidden_states) if callable(self.answer) else self.answer,)


def scheduler(prediction_type="sample"):
    return DDIMScheduler(prediction_type=prediction_type, beta_schedule="scaled_linear", clip_sample=False)


def denoiser(answer, schedule=None):
    """Of an oracle, whose output is no correction."""
    return Denoiser(answer if isinstance(answer, Oracle) else Oracle(answer), schedule or scheduler(), False)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(5)


@pytest.fixture
def latents(random):
    return torch.randn(2, 4, 3, 5, generator=random)


@pytest.fixture
def condition(tiny, latents):
    cells = torch.ones(2, 1, 3, 5)
    return replace(
        tiny.condition(False),
        mask=cells,
        masked=latents * 0,
        aligned=latents * 0,
        valid=cells * 0,
        start=latents,
        features=(),
        matches=(),
        readings=(),
        skips=(),
        copied=latents * 0,
        share=cells * 0,
    )


@torch.no_grad()
def test_untrained_network_predicts_exactly_the_careful_paste(tiny, random):
    condition, network = tiny.condition(), tiny.network
    noisy = torch.randn(condition.start.shape, generator=random)
    for timestep in (0, 400, 999):
        at = torch.full((2,), timestep)
        clean = network.denoiser.predict_clean(noisy, at, condition)
        assert torch.equal(clean, condition.start)


@torch.no_grad()
@pytest.mark.parametrize(("steps", "scale", "strength"), [(1, 1.0, 1.0), (3, 1.0, 0.5), (2, 4.0, 1.0)])
def test_untrained_network_samples_exactly_the_careful_paste(tiny, random, steps, scale, strength):
    condition, network = tiny.condition(), tiny.network
    noise = torch.randn(condition.start.shape, generator=random)
    drawn = network.denoiser.sample(noise, condition, steps=steps, guidance_scale=scale, strength=strength)
    pixels = decode(network.codec, drawn)
    assert torch.equal(pixels, torch.where(tiny.mask > 0, tiny.aligned * tiny.valid, tiny.crop))


@torch.no_grad()
def test_without_residual_the_paste_is_not_added(tiny, random):
    condition, network = tiny.condition(), tiny.network
    noisy = torch.randn(condition.start.shape, generator=random)
    at = torch.zeros(2, dtype=torch.int64)
    plain = replace(network, residual=False)
    assert not plain.denoiser.predict_clean(noisy, at, condition).any()


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_exact_predictions_recover_the_clean_latents(condition, latents, random, kind):
    noises = torch.randn(latents.shape, generator=random)
    timestep = torch.tensor([40, 700])
    schedule = scheduler(kind)
    noisy = schedule.add_noise(latents, noises, timestep)
    answer = noises if kind == "epsilon" else schedule.get_velocity(latents, noises, timestep)
    clean = denoiser(answer, schedule).predict_clean(noisy, timestep, condition)
    assert torch.allclose(clean, latents, atol=1e-4)


@pytest.mark.parametrize("kind", ["sample", "epsilon", "v_prediction"])
def test_prediction_scale_turns_errors_of_the_clean_latents_into_those_of_the_output(
    condition, latents, random, kind
):
    timestep = torch.tensor([40, 700])
    schedule, noisy = scheduler(kind), torch.randn(latents.shape, generator=random)
    answers = latents, latents + 0.1
    clean, off = (denoiser(answer, schedule).predict_clean(noisy, timestep, condition) for answer in answers)
    error = (off - clean).abs().mean((1, 2, 3))
    scale = denoiser(None, schedule).prediction_scale(timestep)
    assert torch.allclose(error * scale, torch.tensor(0.1), rtol=1e-3)


def test_guidance_of_one_makes_one_pass(condition, latents):
    oracle = Oracle(latents)
    denoiser(oracle).guided_clean(latents, torch.zeros(2, dtype=torch.int64), condition, 1.0)
    assert len(oracle.tokens) == 1


def test_other_guidance_goes_away_from_what_is_seen_without_tokens(condition, latents):
    """Both are seen in one pass: those with tokens first."""
    oracle = Oracle(
        lambda tokens: torch.cat([latents, latents]) * (1.0 + 2.0 * tokens.any((1, 2)).view(-1, 1, 1, 1))
    )
    at = torch.zeros(2, dtype=torch.int64)
    clean = denoiser(oracle).guided_clean(latents, at, condition, 2.0)
    (tokens,) = oracle.tokens
    assert tokens.any((1, 2)).tolist() == [True, True, False, False]
    assert torch.allclose(clean, latents * 5)


@pytest.mark.parametrize(("timestep", "following"), [(999, 749), (500, 20), (1, 0)])
def test_ddim_step_is_exact_for_the_true_clean_latents(latents, random, timestep, following):
    noise = torch.randn(latents.shape, generator=random)
    schedule = scheduler()
    noisy, expected = (schedule.add_noise(latents, noise, torch.tensor([t])) for t in (timestep, following))
    after = denoiser(None, schedule).ddim_step(noisy, latents, timestep, following)
    assert torch.allclose(after, expected, atol=1e-4)


def test_ddim_step_ends_at_the_prediction(latents):
    assert denoiser(None).ddim_step(latents * 0, latents, 100, -1) is latents


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_sampling_evaluates_the_network_once_a_step_and_tells_each(condition, latents, steps):
    oracle, told = Oracle(latents), []
    drawn = denoiser(oracle).sample(
        torch.randn_like(latents),
        condition,
        steps=steps,
        guidance_scale=1.0,
        after_step=lambda done, total: told.append((done, total)),
    )
    assert torch.equal(drawn, latents)
    assert oracle.timesteps[0] == 999
    assert oracle.timesteps == sorted(set(oracle.timesteps), reverse=True)
    assert told == [(i + 1, steps) for i in range(steps)]


def test_guided_sampling_sees_both_branches_in_one_pass_a_step(condition, latents):
    oracle = Oracle(torch.cat([latents, latents]))
    denoiser(oracle).sample(latents, condition, steps=3, guidance_scale=2.0)
    assert [len(noisy) for noisy in oracle.noisy] == [4, 4, 4]


def test_both_branches_of_guidance_are_alike_but_for_what_is_read_of_the_reference(tiny):
    with torch.no_grad():
        whole = tiny.condition()
    both = whole.with_unconditional()
    for joined, plain in ((both.masked, whole.masked), (both.matches[0], whole.matches[0])):
        assert torch.equal(joined, torch.cat([plain, plain]))
    assert torch.equal(both.tokens[:2], whole.tokens)
    assert not both.tokens[2:].any()
    assert not both.share[2:].any()


def test_less_strength_starts_from_the_noised_estimate(condition, latents, random):
    noise = torch.randn(latents.shape, generator=random)
    oracle, schedule = Oracle(latents), scheduler()
    denoiser(oracle, schedule).sample(noise, condition, steps=2, guidance_scale=1.0, strength=0.3)
    assert oracle.timesteps == [299, 149]
    assert torch.allclose(oracle.noisy[0], schedule.add_noise(latents, noise, torch.tensor([299])), atol=1e-5)


def test_more_steps_than_timesteps_stay_inside_the_schedule(condition, latents):
    oracle = Oracle(latents)
    denoiser(oracle).sample(latents, condition, steps=8, guidance_scale=1.0, strength=0.002)
    assert len(oracle.timesteps) == 8
    assert min(oracle.timesteps) >= 0


@torch.no_grad()
def test_plain_inpainting_network_goes_through_the_same_code(full_shaped, random):
    network, told = full_shaped.network, []
    assert not has_aligned_channels(network.unet)
    assert not network.is_lossless
    assert (network.working_size_px, network.reference_size_px) == (64, 32)
    condition = full_shaped.condition()
    noise = torch.randn(condition.start.shape, generator=random)

    def drawn_from(noise):
        return network.denoiser.sample(
            noise,
            condition,
            steps=2,
            guidance_scale=3.0,
            after_step=lambda *at: told.append(at),
        )

    drawn, again, other = drawn_from(noise), drawn_from(noise), drawn_from(noise + 1)
    assert decode(network.codec, drawn).shape == (2, 3, 64, 64)
    assert told[:2] == [(1, 2), (2, 2)]
    assert torch.equal(drawn, again)
    assert not torch.allclose(drawn, other)


def test_repeated_condition_is_the_same_for_every_candidate(tiny):
    with torch.no_grad():
        whole = tiny.condition()
    lists = {"features", "matches", "readings", "skips"}
    names = {f.name for f in fields(whole)} - lists
    first = {name: getattr(whole, name)[:1] for name in names}
    first |= {name: tuple(part[:1] for part in getattr(whole, name)) for name in lists}
    three = replace(whole, **first).repeated(3)
    for name in names:
        assert torch.equal(getattr(three, name)[2], getattr(whole, name)[0])
    for name in lists:
        assert len(getattr(whole, name)) == 2
        for part, repeated in zip(getattr(whole, name), getattr(three, name), strict=True):
            assert torch.equal(repeated[2], part[0])

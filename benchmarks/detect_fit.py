#!/usr/bin/env python3
"""Fit the classifier of artifix.detection, and tell what it is worth on scenes that it was not fitted to.

    python benchmarks/detect_fit.py TRAIN --cache DIR [--write]

TRAIN holds the folders grocery, clothing and caltech101 of photographs. Of grocery only the products that
begin as `PRODUCTS` are used: the others are left to benchmarks/detect.py. Scenes (detect_scenes.py) are kept
in --cache. Figures are of cross-validation, no product or photo on both sides. --write puts the weights into
the package.
"""

import argparse
import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from detect_scenes import Job, Sample, jobs_of, samples_of
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import nn

from artifix.detection import classifier as room
from artifix.detection.classifier import Classifier
from artifix.detection.features import features_of
from artifix.detection.proposals import TRAITS, Part, parts_of

PRODUCTS = ["Alpro-", "Bravo-", "God-Morgon", "Tropicana-"]
FOLDS = 3
NETWORKS, UNITS = 5, 32  # whose mean log-odds are those of one network with all units
STEPS, BATCH, RATE, DECAY, DROPPED = 1400, 3000, 6e-3, 0.1, 0.1
CELLS = 1000, 2000  # of each sample, on an artifact and elsewhere, at most
PRIOR = 4  # weight of what is right, against what is wrong
RIGHT_IOU = 0.2  # from which on a proposal is of the artifact


def cached(train: Path, cache: Path, workers: int) -> list[Sample]:
    """All samples; those of each pair are computed once."""
    cache.mkdir(parents=True, exist_ok=True)
    jobs = jobs_of(train / "grocery", PRODUCTS, [train / "clothing", train / "caltech101"])
    paths = [cache / f"{number}.npz" for number in range(len(jobs))]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        made = pool.map(store, [(paths[number], jobs[number], number) for number in missing])
        for count, _ in enumerate(made, 1):
            print(f"\r{count}/{len(missing)} pairs", end="", flush=True)
    return [sample for job, path in zip(jobs, paths, strict=True) for sample in stored(job, path)]


def store(asked: tuple[Path, Job, int]) -> None:
    """Compute the samples of a pair and write them."""
    path, job, number = asked
    found = list(samples_of(job, number))
    arrays = {f"{k}:{name}": plane for k, one in enumerate(found) for name, plane in one.planes.items()}
    arrays |= {f"{k}:wrong": one.wrong for k, one in enumerate(found)}
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, kinds=np.array([one.kind for one in found], dtype=str), **arrays)
    part.replace(path)


def stored(job: Job, path: Path) -> Iterator[Sample]:
    with np.load(path) as kept:
        for k, kind in enumerate(kept["kinds"]):
            planes = {name[len(f"{k}:") :]: kept[name] for name in kept if name.startswith(f"{k}:")}
            wrong = planes.pop("wrong")
            yield Sample(job.group, str(kind), planes, wrong)


def cells_for(
    samples: list[Sample], features: list[NDArray], chosen: list[int]
) -> tuple[NDArray, NDArray, NDArray]:
    """Features, truth and weight of drawn cells of the chosen samples."""
    random = np.random.default_rng(0)
    rows, truth, weight = [], [], []
    for k in chosen:
        wrong, shown = samples[k].wrong, samples[k].planes["valid"] > 0.5
        bad = random.permutation(np.flatnonzero(wrong & shown))[: CELLS[0]]
        good = random.permutation(np.flatnonzero(~wrong & shown))[: CELLS[1]]
        index = np.r_[bad, good]
        rows.append(features[k].reshape(len(features[k]), -1)[:, index].T)
        truth.append(wrong.ravel()[index])
        weight.append(
            np.r_[np.full(len(bad), 1 / max(len(bad), 1)), np.full(len(good), PRIOR / max(len(good), 1))]
        )
    return np.concatenate(rows).astype(np.float32), np.concatenate(truth), np.concatenate(weight)


def fitted(samples: list[Sample], features: list[NDArray], chosen: list[int]) -> Classifier:
    """The classifier of cells; its proposals are not fitted yet."""
    rows, truth, weight = cells_for(samples, features, chosen)
    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    given = torch.from_numpy(np.clip((rows - mean) / spread, -5, 5))
    wanted, counts = torch.from_numpy(truth).float(), torch.from_numpy(weight / weight.mean()).float()
    networks = [_trained(given, wanted, counts, seed) for seed in range(NETWORKS)]
    hidden = np.concatenate([one[0] for one in networks])
    output = np.concatenate([one[1] for one in networks]) / NETWORKS
    bias = np.mean([one[2] for one in networks])
    odds = np.r_[output, bias].astype(np.float32)
    return Classifier(mean, spread, hidden, odds, np.zeros((3, len(TRAITS) + 1), np.float32))


def _trained(
    given: torch.Tensor, wanted: torch.Tensor, counts: torch.Tensor, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """(UNITS, F + 1) of the hidden layer, (UNITS,) of the output, and its bias."""
    torch.manual_seed(seed)
    hidden, output = nn.Linear(given.shape[1], UNITS), nn.Linear(UNITS, 1)
    network = nn.Sequential(nn.Dropout(DROPPED), hidden, nn.SiLU(), output)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS)
    for _ in range(STEPS):
        index = torch.randint(0, len(given), (BATCH,))
        odds = network(given[index])[:, 0]
        each = nn.functional.binary_cross_entropy_with_logits(odds, wanted[index], reduction="none")
        optimiser.zero_grad()
        (counts[index] * each).mean().backward()
        optimiser.step()
        schedule.step()
    inner = torch.cat([hidden.weight, hidden.bias[:, None]], 1).detach().numpy()
    return inner, output.weight.detach().numpy()[0], float(output.bias.detach())


def logistic(traits: NDArray, truth: NDArray, ridge: float = 1.0) -> NDArray[np.float32]:
    """(3, P + 1) mean, spread and weights of a logistic regression, by Newton's method."""
    mean, spread = traits.mean(0), traits.std(0) + 1e-3
    design = np.column_stack([np.clip((traits - mean) / spread, -5, 5), np.ones(len(traits))])
    penalty = ridge * np.diag([1.0] * traits.shape[1] + [1e-6])
    weight = np.zeros(design.shape[1])
    for _ in range(50):
        likely = room.probability(design @ weight)
        hessian = (design * (likely * (1 - likely))[:, None]).T @ design + penalty
        weight -= np.linalg.solve(hessian, design.T @ (likely - truth) + penalty @ weight)
    return np.stack([np.r_[mean, 0], np.r_[spread, 1], weight]).astype(np.float32)


def iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    samples = cached(args.train, args.cache, args.workers)
    features = [features_of(one.planes).astype(np.float16) for one in samples]
    groups = sorted({one.group for one in samples})
    fold_of = {groups[k]: n % FOLDS for n, k in enumerate(np.random.default_rng(1).permutation(len(groups)))}
    folds = np.array([fold_of[one.group] for one in samples])
    parts: list[tuple[int, Part]] = []
    for fold in range(FOLDS):
        model = fitted(samples, features, [int(k) for k in np.flatnonzero(folds != fold)])
        for k in np.flatnonzero(folds == fold):
            odds = model.cells(features[k].astype(np.float32))
            parts += [(int(k), part) for part in parts_of(odds, samples[k].planes)]
    traits = np.array([part.traits for _, part in parts])
    overlap = np.array([iou(part.cells, samples[k].wrong) for k, part in parts])
    of_fold = folds[[k for k, _ in parts]]
    odds = np.zeros(len(parts))
    for fold in range(FOLDS):
        weights = logistic(traits[of_fold != fold], overlap[of_fold != fold] > RIGHT_IOU)
        model = Classifier(*[np.zeros(1, np.float32)] * 4, weights)
        odds[of_fold == fold] = [model.traits(one) for one in traits[of_fold == fold]]
    report(samples, parts, overlap, odds)
    if args.write:
        write(fitted(samples, features, list(range(len(samples)))), logistic(traits, overlap > RIGHT_IOU))


def report(samples: list[Sample], parts: list[tuple[int, Part]], overlap: NDArray, odds: NDArray) -> None:
    """IoU of the first proposal and false alarms, by threshold, of cross-validation."""
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        ious, alarms = [], []
        for k, sample in enumerate(samples):
            own = [n for n, (of, _) in enumerate(parts) if of == k and room.probability(odds[n]) >= threshold]
            own.sort(key=lambda n: -odds[n])
            if sample.kind:
                ious.append(overlap[own[0]] if own else 0.0)
            else:
                alarms.append(bool(own))
        print(f"threshold {threshold}: IoU {np.mean(ious):.3f} of {len(ious)}, "
              f"false alarms {np.mean(alarms):.1%} of {len(alarms)}")  # fmt: skip


def write(model: Classifier, proposal: NDArray[np.float32]) -> None:
    """Put the weights and their sha256 into the package."""
    arrays = {name: getattr(model, name) for name in ("mean", "spread", "hidden", "output")}
    data = save({**arrays, "proposal": proposal})
    room.WEIGHTS.write_bytes(data)
    source = Path(room.__file__)
    digest = hashlib.sha256(data).hexdigest()
    told = re.sub(r'^SHA256 = ".*"$', f'SHA256 = "{digest}"', source.read_text(), flags=re.MULTILINE)
    source.write_text(told)
    print(f"{room.WEIGHTS}: {digest}")


if __name__ == "__main__":
    main()

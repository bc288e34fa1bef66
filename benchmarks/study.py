"""Are planted preferences found again by `artifix study score`?

Usage: python benchmarks/study.py [--raters 1000] [--studies 50] [--questions 50] [--form pairs|rank]
                                  [--seed 0] [--write DIR]

Raters are simulated who prefer methods by known strengths (Bradley and Terry; in an order, Plackett and
Luce), and a tenth who choose blindly. Each study asks each of them QUESTIONS questions and two checks in
each of two parts, of 50 cases and four methods. Printed is how often the intervals of 0.95 of shares, of
pairs and of strengths hold what was planted, how many of the blind were left out, and how often the ranking
is right.

With --write DIR nothing is scored: DIR gets the key and the answers of one study, as the page saves them, for
`artifix study score DIR/answers --key DIR/key.json --out DIR/scores`.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from artifix.evaluation.study.answers import KIND, Answers
from artifix.evaluation.study.key import key_record
from artifix.evaluation.study.raters import raters_of
from artifix.evaluation.study.scoring import PartScore, scores_of
from artifix.evaluation.study.study import Question, Study, balanced, plan_of

PLANTED = {"ours": 1.1, "paste": 0.3, "telea": -0.5, "left": -0.9}  # log-odds, their mean 0
CASES, CHECKS, LEVEL = 50, 2, 0.95
BLIND = 10  # one of so many raters chooses without looking


def simulated_study(form: str, questions: int, seed: int) -> Study:
    """A study without pictures, drawn as `artifix study build` draws one."""
    random = np.random.default_rng(seed)
    methods = tuple(PLANTED)
    groups = [methods] if form == "rank" else list(combinations(methods, 2))
    cases = [f"case{number}" for number in range(CASES)]
    drawn = balanced(groups, cases, min(questions, len(groups) * CASES))
    asked = []
    for part in ("realism", "fidelity"):
        for case, shown in [*drawn, *((case, ("image", "destroyed")) for case in cases[:CHECKS])]:
            ids = {random.bytes(5).hex(): name for name in random.permutation(shown).tolist()}
            right = next((name for name, what in ids.items() if what == "image"), "")
            asked.append(Question(random.bytes(5).hex(), part, case, ids, right))
    return Study(random.bytes(8).hex(), form, False, seed, methods, tuple(asked))


def choice(question: Question, is_blind: bool, random: np.random.Generator) -> tuple[str, ...]:
    """The pictures in a rater's order, best first."""
    if question.is_check and not is_blind:
        return (question.right, *(name for name in question.pictures if name != question.right))
    # The order of strengths with Gumbel noise is that of Plackett and Luce.
    worth = dict(zip(question.pictures, random.gumbel(size=len(question.methods)).tolist(), strict=True))
    if not is_blind:
        worth = {name: noise + PLANTED[question.methods[name]] for name, noise in worth.items()}
    return tuple(sorted(worth, key=worth.__getitem__, reverse=True))


def simulated_raters(study: Study, count: int, random: np.random.Generator) -> list[Answers]:
    """What they answered; every `BLIND`th is called blind."""
    found = []
    for number in range(count):
        is_blind = number % BLIND == BLIND - 1
        choices = {q.id: choice(q, is_blind, random) for q in study.questions}
        name = f"{'blind' if is_blind else 'rater'}{number}"
        found.append(Answers(f"{name}.json", name, choices, 1.0, len(choices), name))
    return found


def saved(study: Study, one: Answers) -> dict[str, Any]:
    """The file that the page would have saved."""
    answers = [
        {
            "question": step.question.id,
            "shown": list(step.shown),
            "choice": list(one.choices[step.question.id]),
            "seconds": 1.0,
            "closer": False,
        }
        for step in plan_of(study, one.rater)
    ]
    return {"kind": KIND, "study": study.id, "rater": one.rater, "total": len(answers), "answers": answers}


def write(folder: Path, study: Study, answers: Sequence[Answers]) -> None:
    """The key and the answers of a study."""
    (folder / "answers").mkdir(parents=True)
    (folder / "key.json").write_text(json.dumps(key_record(study)))
    for one in answers:
        (folder / "answers" / one.name).write_text(json.dumps(saved(study, one)))


def chance(first: str, second: str) -> float:
    """That the first is preferred to the second."""
    return float(1 / (1 + np.exp(PLANTED[second] - PLANTED[first])))


def planted_shares(study: Study, part: str) -> dict[str, float]:
    """Of each method: the share of comparisons that it should win, as they were drawn."""
    chances: dict[str, list[float]] = {name: [] for name in study.methods}
    for question in study.questions:
        if question.part == part and not question.is_check:
            for a, b in combinations(question.methods.values(), 2):
                chances[a].append(chance(a, b))
                chances[b].append(chance(b, a))
    return {name: float(np.mean(found)) for name, found in chances.items()}


def held(study: Study, score: PartScore) -> dict[str, list[bool]]:
    """Which intervals of a part hold what was planted."""
    shares = planted_shares(study, score.part)
    return {
        "shares": [m.preferred.low <= shares[m.method] <= m.preferred.high for m in score.methods],
        "pairs": [p.preferred.low <= chance(p.first, p.second) <= p.preferred.high for p in score.pairs],
        "strengths": [m.low <= PLANTED[m.method] <= m.high for m in score.methods],
        "ranking": [[m.rank for m in score.methods] == list(range(1, len(PLANTED) + 1))],
    }


def main() -> None:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raters", type=int, default=1000)
    parser.add_argument("--studies", type=int, default=50)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--form", choices=("pairs", "rank"), default="pairs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    found: dict[str, list[bool]] = {}
    blind, others = [], []
    for number in range(asked.studies):
        random = np.random.default_rng((asked.seed, number))
        study = simulated_study(asked.form, asked.questions, asked.seed + number)
        answers = simulated_raters(study, asked.raters, random)
        if asked.write is not None:
            write(asked.write, study, answers)
            return
        raters = raters_of(study, answers, [], 0)
        out = {one.rater for one in raters if one.left_out}
        blind += [one.rater in out for one in answers if one.rater.startswith("blind")]
        others += [one.rater in out for one in answers if not one.rater.startswith("blind")]
        kept = [one for one in answers if not one.rater.startswith("blind")]
        for score in scores_of(study, kept, LEVEL):
            for name, values in held(study, score).items():
                found.setdefault(name, []).extend(values)
    for name, values in found.items():
        print(f"{name:10} held in {np.mean(values):6.1%} of {len(values)}")
    print(f"left out: {np.mean(blind):.1%} of the blind, {np.mean(others):.1%} of the others")


if __name__ == "__main__":
    main()

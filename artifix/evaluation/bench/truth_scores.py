"""What can be said of a repair where the truth is known: scorers around the definitions of `metrics`."""

from artifix.evaluation import metrics
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column, Scorer

NAN = float("nan")
CHANGED = "changed"


class Likeness:
    """How near the repaired part comes to the truth."""

    name = "truth"
    columns = (
        Column("psnr", "dB", "higher", 2),
        Column("ssim", "", "higher", 3),
        Column("structure", "", "higher", 3),
        Column("colour", "", "lower", 1),
    )

    def score(self, one: Repaired) -> dict[str, float]:
        """PSNR and SSIM in the mask, structure and colour around it; nan without a truth."""
        if one.truth is None:
            return {column.name: NAN for column in self.columns}
        structure, colour = metrics.structure_and_colour(one.refined, one.truth, one.mask)
        return {
            "psnr": metrics.psnr_db(one.refined, one.truth, one.mask),
            "ssim": metrics.ssim(one.refined, one.truth, one.mask),
            "structure": structure,
            "colour": colour,
        }


class Location:
    """How well the region found fits the true one."""

    name = "location"
    columns = (
        Column("iou", "", "higher", 3),
        Column("box", "", "higher", 3),
        Column("hit", "", "higher", 2),
    )

    def score(self, one: Repaired) -> dict[str, float]:
        """0 where the method looked and found nothing; nan where it never looks, or no region is known."""
        if one.region is None or one.found is None:
            return {column.name: NAN for column in self.columns}
        if not one.found.any():
            return {column.name: 0.0 for column in self.columns}
        return {
            "iou": metrics.iou(one.found, one.region),
            "box": metrics.box_iou(one.found, one.region),
            "hit": float(metrics.pointing_hit(one.found, one.region)),
        }


class Change:
    """Whether pixels outside the mask were left alone."""

    name = CHANGED
    columns = (Column("outside", "", "lower", 1),)

    def score(self, one: Repaired) -> dict[str, float]:
        """The largest change of any sample outside the mask, in steps of 255; 0 is right."""
        return {"outside": float(metrics.largest_change_outside(one.refined, one.image, one.mask))}


def truth_scorers() -> list[Scorer]:
    """All of them, in the order of their columns."""
    return [Likeness(), Location(), Change()]

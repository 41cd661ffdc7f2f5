"""Mixed precision: the scaler's order of calls, and what autocast refuses."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, says
from diagnostics.finding import Step

ORDER = "the order is scale(loss).backward(), unscale_(optimizer), clip, step(optimizer), update()"

ENTRIES = (
    Entry(
        "unscale-fp16",
        "amp",
        "The scaler met gradients in float16",
        "With a scaler the weights stay float32 and autocast makes float16 where it is safe; here the model "
        "itself was made "
        "float16, by half() or a float16 checkpoint.",
        (
            Step(
                "leave the model in float32",
                "model = model.float()",
                verify="print(next(model.parameters()).dtype) says torch.float32",
            ),
            Step("or keep it in float16 without a scaler, or use bfloat16, which needs none"),
        ),
        says(r"Attempting to unscale FP16 gradients"),
        "mixed_precision#what-stays-in-float32",
    ),
    Entry(
        "scaler-order",
        "amp",
        "The scaler's calls came in another order than it takes",
        "Once a step: unscale_ at most once and before step, step once for each optimizer, update at the end.",
        (
            Step(
                "bring them in order",
                "scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()",
                verify=ORDER,
            ),
            Step("or to clip, unscale first", "scaler.unscale_(optimizer)"),
        ),
        says(
            r"unscale_\(\) has already been called on this optimizer since",
            r"step\(\) has already been called since the last update",
            r"unscale_\(\) is being called after step",
            r"No inf checks were recorded (prior to update|for this optimizer)",
        ),
        "mixed_precision#clip-after-unscale_",
    ),
    Entry(
        "scaler-unused",
        "amp",
        "The scaler was to step before it had scaled a loss",
        "scaler.step() and update() undo what scaler.scale(loss) did, and nothing was done.",
        (Step("go back from the scaled loss", "scaler.scale(loss).backward()", verify=ORDER),),
        says(
            r"Attempted (step|unscale_|update) but _scale is None", r"Attempted \w+ but _(scale|growth_tracker) is None"
        ),
        "mixed_precision#multiply-before-divide-after",
    ),
    Entry(
        "bce-autocast",
        "amp",
        "Binary cross-entropy of probabilities was computed under autocast",
        "In float16 a probability near 0 or 1 rounds to it, and its logarithm is infinite.",
        (
            Step(
                "give logits to the loss that is safe",
                "loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)",
                verify="the model ends without sigmoid",
            ),
        ),
        says(
            r".{0,40}binary_cross_entropy.{0,60}(are|is) unsafe to autocast",
            r"torch\.nn\.functional\.binary_cross_entropy and torch\.nn\.BCELoss are unsafe",
        ),
        "mixed_precision#each-call-picks-its-own-format",
    ),
    Entry(
        "autocast-dtype",
        "amp",
        "A tensor made under autocast met one made outside",
        "Under autocast, products come out in float16 or bfloat16; outside of it they keep that dtype and "
        "meet float32.",
        (
            Step("bring the result back", "out = out.float()", verify="print(out.dtype) says torch.float32"),
            Step("or keep the loss and all that uses it under autocast"),
        ),
        says(
            r"expected m1 and m2 to have the same dtype, but got: (c10::\w+ != "
            r"(float|double)|(float|double) != c10::\w+)",
            r"mat1 and mat2 must have the same dtype, but got (Half|BFloat16) and Float",
            r"Index put requires the source and destination dtypes match, got \w+ for the destination and "
            r"(Half|BFloat16)",
            r"expected scalar type (Half|BFloat16|Float) but found (Half|BFloat16|Float)",
        ),
        "mixed_precision#each-call-picks-its-own-format",
        inside=r"autocast",
    ),
    Entry(
        "scaler-device",
        "amp",
        "The scaler met a loss that is not on its device",
        "A GradScaler works where it was made for; the loss was computed elsewhere.",
        (
            Step(
                "make the scaler for the device of the loss",
                'scaler = torch.amp.GradScaler("cuda")',
                verify="print(loss.device)",
            ),
        ),
        says(
            r"(scaler|outputs|loss)\w* .{0,40}must be (on )?(a )?CUDA",
            r"User specified an unsupported autocast device_type",
        ),
        "mixed_precision#multiply-before-divide-after",
    ),
)

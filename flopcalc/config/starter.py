"""The budget file that `flopcalc init budgets` writes: short, commented, complete."""

STARTER = """\
# Budgets for 'flopcalc check'. Paths start from this file's folder.
models:
  - mobilenet_v1                   # a network that ships; put your own in its place:
# - nets/*.yaml                    # every spec of a folder
# - {model: nets/small.yaml, alpha: 0.75, res: 192, limits: {mult_adds: 250M}}

limits:                            # for every model that has none of its own
  mult_adds: 600M                  # at most 600 million multiply-accumulates
  params: [5M, +1%]                # at most 5 million, and at most 1% above flopcalc.lock
# weight_bytes: 16MiB              # what the stored parameters take; 16MiB is not 16MB
# peak_activation_bytes: 6MiB      # the most that live activations take at one time
  kinds:
    depthwise: {share: 10%}        # all depthwise layers together, of the Mult-Adds
# layers: {"*.pw": {mult_adds: 60M}}       # each layer like this
# blocks: {conv8: {mult_adds: 300M}}       # everything under that name

# near: 5%                         # warn that close to a maximum; or off
# severity: error                  # or warn; each limit can say its own: {max: 5M, severity: warn}
# on_incomplete: fail              # a count that is a lower bound fails; or warn
"""

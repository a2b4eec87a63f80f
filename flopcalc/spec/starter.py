"""The spec that `flopcalc init spec` writes: short, commented, complete."""

STARTER = """\
flopcalc: 1                        # the version of the language
name: MyNet
input: 224x224x3                   # height x width x channels
classes: 10                        # a fixed number: the width multiplier never changes it
vars: {deep: 2}                    # change it with --set deep=4
scaling: {round: div8}             # how --alpha 0.75 rounds channels: to multiples of 8
defaults: {norm: bn, act: relu}    # what follows each convolution; it then has no bias

blocks:
  ir:                              # an inverted residual, as in MobileNetV2
    params: {out: channels, expand: 6, s: 1}
    body:
      - {pw: in * expand}          # 1x1 convolution; 'in' is the channels that enter the block
      - {dw: 3, s: s}              # 3x3 depthwise convolution
      - {pw: out, act: none}
      - {add: input, when: s == 1 and in == out}

body:                              # each step takes the output of the one before
  - {conv: 32, k: 3, s: 2, name: stem}
  - {sep: 64}                      # 3x3 depthwise, then 1x1 pointwise
  - {ir: 96, s: 2}
  - {ir: 96, repeat: deep}         # copies in a row
  - {ir: 128, repeat: 2, first: {s: 2}}
  - global_avg_pool
  - {fc: classes, name: classifier}

variants:                          # flopcalc analyze FILE@small
  small: {alpha: 0.5, res: 160}
  standard: {swap: {sep: conv}}    # one op or block exchanged for another

# expect: {mult_adds: 569M, params: 4.2M}    a published figure, checked by 'flopcalc check'
# budget: {mult_adds: 600M}                  an upper bound, likewise
"""
"""A spec that analyzes without a warning, in every variant."""

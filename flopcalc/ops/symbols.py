"""The letters of the formulas, in the notation of the MobileNets paper where it has one."""

from __future__ import annotations

from flopcalc.formula import Sym

B = Sym("B", "batch size", implicit=True)
D_K = Sym("D_K", "kernel size", axis="spatial")
D_F = Sym("D_F", "output map size", axis="spatial")
D_I = Sym("D_I", "input map size", axis="spatial")
M = Sym("M", "input channels", axis="channel")
N = Sym("N", "output channels", axis="channel")
G = Sym("G", "groups", axis="channel")
MULT = Sym("μ", "channel multiplier: outputs of each input channel", axis="channel", implicit=True)
BIAS = Sym("bias", "1 if the layer adds a bias", flag=True)
E = Sym("E", "output elements")
L = Sym("L", "positions: tokens, or other leading dimensions", axis="spatial", implicit=True)
A = Sym("A", "operations an element: the inputs less one", implicit=True)
D_W = Sym("D_W", "input positions that the windows of one axis read in all", axis="spatial")
D_R = Sym("D_R", "offsets along each axis of a window: 2·size - 1", axis="spatial")
R = Sym("R", "neighbouring channels")
V = Sym("V", "vocabulary size")
P = Sym("P", "stored positions", axis="spatial")
C = Sym("C", "class tokens", implicit=True)
T = Sym("T", "time steps", axis="spatial")
H = Sym("H", "hidden units", axis="channel")
HEADS = Sym("h", "attention heads")
D_H = Sym("d", "features of each head", axis="channel")
L_Q = Sym("L_q", "queries", axis="spatial")
L_K = Sym("L_k", "keys that each query sees", axis="spatial")
ALPHA = Sym("α", "width multiplier")
RHO = Sym("ρ", "resolution multiplier")

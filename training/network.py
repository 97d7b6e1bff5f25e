"""The trainable network (torch), built from `topology`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.topology import STRIDE, ConvSpec, aspp, backbone, head


class Conv(nn.Module):
    """Convolution, batch norm, activation."""

    def __init__(self, spec: ConvSpec) -> None:
        """He-initialised."""
        super().__init__()
        self.spec = spec
        top, left, bottom, right = spec.pads
        self.pad = (left, right, top, bottom) if (top, left) != (bottom, right) else None
        self.conv = nn.Conv2d(
            spec.cin, spec.cout, spec.kernel, spec.stride, 0 if self.pad else top, spec.dilation,
            spec.cin if spec.depthwise else 1, bias=not spec.norm,
        )  # fmt: skip
        self.norm = nn.BatchNorm2d(spec.cout, momentum=0.05) if spec.norm else nn.Identity()
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out" if not spec.depthwise else "fan_in")

    def forward(self, x: Tensor) -> Tensor:
        """[N, cin, H, W] to [N, cout, H / stride, W / stride], float32."""
        y: Tensor = self.norm(self.conv(functional.pad(x, self.pad) if self.pad else x))
        if self.spec.act == "relu6":
            return functional.relu6(y, inplace=True)
        return functional.relu(y, inplace=True) if self.spec.act == "relu" else y

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias with the batch norm's running statistics folded in, float32."""
        with torch.no_grad():
            if not isinstance(self.norm, nn.BatchNorm2d):
                assert self.conv.bias is not None
                return self.conv.weight.clone(), self.conv.bias.clone()
            n = self.norm
            assert n.running_var is not None
            assert n.running_mean is not None
            scale = n.weight.double() / torch.sqrt(n.running_var.double() + n.eps)
            weight = self.conv.weight.double() * scale[:, None, None, None]
            return weight.float(), (n.bias.double() - n.running_mean.double() * scale).float()


class Network(nn.Module):
    """Input float32 [N, 3, S, S] in -1..1; output logits float32 [N, 2, S, S]; S a multiple of 16."""

    def __init__(self) -> None:
        """All layers of the topology, by name."""
        super().__init__()
        self.convs = nn.ModuleDict()
        self.blocks, self.branches, self.head = backbone(), aspp(), head()
        for spec in [c for b in self.blocks for c in b.convs] + [c for b in self.branches for c in b] + list(self.head):
            self.convs[spec.name] = Conv(spec)

    def _run(self, specs: tuple[ConvSpec, ...], x: Tensor) -> Tensor:
        for spec in specs:
            x = self.convs[spec.name](x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        for block in self.blocks:
            y = self._run(block.convs, x)
            x = x + y if block.add else y
        parts = [self._run(branch, x) for branch in self.branches[:-1]]
        pooled = self._run(self.branches[-1], x.mean((2, 3), keepdim=True))
        parts.append(pooled.expand(-1, -1, x.shape[2], x.shape[3]))
        logits = self._run(self.head, torch.cat(parts, 1))
        return functional.interpolate(logits, scale_factor=STRIDE, mode="bilinear", align_corners=False)

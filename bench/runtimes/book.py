"""The script of "Deep Learning with PyTorch", section 2.2: python3 book.py WEIGHTS PICTURE OUT THREADS"""

import pathlib
import sys

import torch
from PIL import Image
from torchvision import transforms

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "golden"))
from make_golden import ResNetGenerator  # noqa: E402

weights, picture, out, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
netG = ResNetGenerator()
netG.load_state_dict(torch.load(weights))
netG.eval()
preprocess = transforms.Compose([transforms.Resize(256), transforms.ToTensor()])
batch = torch.unsqueeze(preprocess(Image.open(picture)), 0)
# The book's own script does without `no_grad`.
result = (netG(batch).data.squeeze() + 1.0) / 2.0
transforms.ToPILImage()(result).save(out)

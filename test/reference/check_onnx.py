"""Holds ONNX models to the ONNX checker, with shapes inferred: check_onnx.py FILE.onnx …"""

import sys

import onnx

for file in sys.argv[1:]:
    onnx.checker.check_model(file, full_check=True)
    print("ok")

"""CUDA that does not begin, or breaks: driver, wheel, libraries, GPU; and errors that come too late."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

DOCTOR = "tutor doctor"
LOOK = Step(
    "let the doctor look at this machine", DOCTOR, verify='python -c "import torch; print(torch.zeros(1).cuda())"'
)
BLOCKING = Step(
    "run again with calls that wait: the traceback then ends at the call that failed",
    "CUDA_LAUNCH_BLOCKING=1 python train.py",
    verify="or run one batch on the CPU, where most such errors say more",
)
ASSERTED = ("label-range", "index-range", "bce-input-range", "nan-probabilities", "device-assert", "cuda-oom")

ENTRIES = (
    Entry(
        "torch-cpu-only",
        "cuda-setup",
        "This torch was built without a GPU's backend",
        "The wheel that pip chose is the CPU's: from a CPU index, a lock file, or for a system that has no "
        "other on PyPI.",
        (
            LOOK,
            Step(
                "install a build with CUDA",
                "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126",
            ),
            Step("or run on what is there", 'device = "cuda" if torch.cuda.is_available() else "cpu"'),
        ),
        says(
            r"Torch not compiled with (CUDA|XPU|MTIA) enabled",
            r"PyTorch is not linked with support for \w+ devices",
            r"Cannot get CUDA generator without ATen_cuda library",
            r"Cannot initialize CUDA without ATen_cuda library",
            r"Cannot access accelerator device when none is available",
            r"Cannot execute \w+\(\) without MPS backend",
            r"PyTorch was compiled without (CUDA|NumPy) support",
            r"Could not run 'aten::\w+(\.\w+)?' with arguments from the '(CUDA|MPS|XPU|HIP)' backend",
            r"The MPS backend is supported on MacOS",
            r"CUDA is not available on this (machine|system)$",
        ),
        "cuda_setup#what-a-wheel-brings",
    ),
    Entry(
        "torchvision-mismatch",
        "cuda-setup",
        "torchvision or torchaudio was made for another torch",
        "Each of their versions belongs to one version of torch, and to the same CUDA build.",
        (
            Step(
                "install the three together, from one index",
                "pip install --force-reinstall torch torchvision torchaudio --index-url https://download.pytorch.org/whl/cu126",
                verify="tutor doctor",
            ),
        ),
        says(
            r"operator torchvision::\w+ does not exist",
            r"Couldn't load custom C\+\+ ops",
            r"Could not run 'torchvision::\w+' with arguments from the 'CUDA' backend",
            r"Detected that PyTorch and torchvision were compiled with different CUDA",
            r"Detected that PyTorch and torchaudio were compiled with different CUDA",
            r"No such operator torchvision::",
        ),
        "cuda_setup#one-environment",
    ),
    Entry(
        "no-driver",
        "cuda-setup",
        "torch found no NVIDIA driver",
        "No driver is installed or loaded, or the container was started without GPUs.",
        (LOOK, Step("or start the container with GPUs", "docker run --gpus all IMAGE")),
        says(
            r"Found no NVIDIA driver on your system",
            r"CUDA initialization: Found no NVIDIA driver",
            r"Error 100: no CUDA-capable device is detected",
            r"CUDA error: no CUDA-capable device is detected",
            r"cuda runtime error \(100\)",
        ),
        "cuda_setup#the-driver",
    ),
    Entry(
        "driver-too-old",
        "cuda-setup",
        "The NVIDIA driver is too old for this torch",
        "A CUDA 12 build needs driver 525 or newer, a CUDA 13 build 580 or newer.",
        (
            LOOK,
            Step("install a newer driver"),
            Step(
                "or a build of torch for an older CUDA",
                "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126",
            ),
        ),
        says(
            r"(CUDA initialization: )?The NVIDIA driver on your system is too old",
            r"CUDA (driver )?error: CUDA driver version is insufficient for CUDA runtime version",
            r"cuda runtime error \(35\)",
            r"CUDA driver version is insufficient for CUDA runtime",
            r"CUDA error: the provided PTX was compiled with an unsupported toolchain",
            r"(CUDA error: )?forward compatibility was attempted on non supported HW",
            r"Unexpected error from cudaGetDeviceCount\(\).{0,200}Error 804",
            r"system has unsupported display driver / cuda driver combination",
        ),
        "cuda_setup#which-number-means-what",
    ),
    Entry(
        "no-kernel-image",
        "cuda-setup",
        "This build of torch has no code for this GPU",
        "A build holds code for some generations of GPUs: very new ones need a newer build, old ones an older CUDA.",
        (
            LOOK,
            Step(
                "for a new GPU",
                "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu128",
            ),
            Step(
                "or for an old one",
                "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126",
            ),
        ),
        (
            Wording(
                r"(?P<name>.{2,80}) with CUDA capability sm_(?P<sm>\w+) is not compatible with the current "
                r"PyTorch installation",
                "This build of torch has no code for {name} (sm_{sm})",
            ),
            *says(
                r"CUDA error: no kernel image is available for execution on the device",
                r"cuda runtime error \(209\)|cuda runtime error \(48\)",
                r"(HIP|CUDA) error: (invalid device function|device kernel image is invalid)",
                r"ptxas fatal {0,3}: Value 'sm_\w+' is not defined",
                r"Found GPU\d+ .{1,80} which is of (cuda|compute) capability",
            ),
        ),
        "cuda_setup#code-for-your-gpu",
    ),
    Entry(
        "cuda-unknown",
        "cuda-setup",
        "CUDA did not begin, for a reason that it does not tell",
        "Mostly the driver's state: a laptop that slept, a container that lost its devices, an update "
        "without a reboot, or "
        "CUDA_VISIBLE_DEVICES changed while the program ran.",
        (
            LOOK,
            Step(
                "or load the driver's memory module anew",
                "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
                root=True,
            ),
        ),
        says(
            r"CUDA unknown error - this may be due to an incorrectly set up environment",
            r"(CUDA initialization: )?CUDA unknown error",
            r"CUDA initialization: Unexpected error from cudaGetDeviceCount",
            r"Unexpected error from cudaGetDeviceCount",
            r"CUDA initialization: CUDA driver initialization failed",
            r"CUDA driver initialization failed",
            r"CUDA error: (initialization error|unknown error|system not yet initialized)",
            r"cuda runtime error \((999|3|30)\)",
            r"Can't initialize NVML",
        ),
        "cuda_setup#the-layers",
    ),
    Entry(
        "no-gpu-visible",
        "cuda-setup",
        "torch sees no GPU of that number",
        "The number is that among the GPUs which CUDA_VISIBLE_DEVICES or the scheduler lets the program see, from 0.",
        (
            LOOK,
            Step("see what torch sees", 'python -c "import torch; print(torch.cuda.device_count())"'),
            Step("or use the first", 'device = torch.device("cuda:0")'),
        ),
        says(
            r"CUDA error: invalid device ordinal",
            r"cuda runtime error \((10|101)\)",
            r"No CUDA GPUs are available",
            r"Invalid device id",
            r"(cuda|CUDA).{0,30}device_?count.{0,40}(0|no)",
            r"Attempting to deserialize object on CUDA device \d+ but torch\.cuda\.device_count\(\) is",
            r"device >= 0 && device < (num_gpus|static_cast<\S+>\(num_gpus\)) ?INTERNAL ASSERT FAILED",
            r"torch\.cuda\.is_available\(\) is False, but",
            r"CUDA error: all CUDA-capable devices are busy or unavailable",
        ),
        "cuda_setup#which-gpus-torch-sees",
    ),
    Entry(
        "fork-after-cuda",
        "cuda-setup",
        "CUDA was used in a process that was forked after it had begun",
        "CUDA does not survive a fork. Mostly a dataset that puts tensors on the GPU in its workers.",
        (
            Step(
                "leave tensors on the CPU in the dataset, and move each batch",
                'x = x.to("cuda", non_blocking=True)',
                verify="num_workers=0 runs",
            ),
            Step("or start processes anew", 'torch.multiprocessing.set_start_method("spawn")'),
        ),
        says(
            r"Cannot re-initialize (CUDA|XPU|HIP) in forked subprocess",
            r"cuda runtime error \(3\) ?: initialization error",
        ),
        "data_loading#workers-are-processes",
    ),
    Entry(
        "library-mix",
        "cuda-setup",
        "A CUDA library of another version was loaded",
        "torch brings its own libraries; LD_LIBRARY_PATH, conda or another package put others before them.",
        (
            LOOK,
            Step("try without the path", "env -u LD_LIBRARY_PATH python train.py"),
            Step("or install torch's own anew", "pip install --force-reinstall torch"),
        ),
        says(
            r"\S*lib(cusparse|cublas|cublasLt|cudnn\w*|nccl|nvJitLink|cufft|curand|cusolver|cudart|cupti|nvrtc|c10\w*|torch\w*|caffe2\w*)"
            r"[\w.-]*\.so\S*: (undefined symbol|cannot open shared object|version|symbol)",
            r"\S+\.so\S*: undefined symbol: "
            r"(__nvJitLink|_ZN3c10|_ZNK3c10|_ZN2at|_ZN5torch|ncclCommRegister|iJIT_NotifyEvent)\S*",
            r"\S*lib(cusparse|cublas|cudnn|nvJitLink)\S*: symbol",
            r"Could not load library lib(cudnn|nvrtc)\S*",
            r"Unable to load any of \{lib(cudnn|nvrtc)\S*",
            r"Cannot load symbol cudnn\w+",
            r"cuDNN version incompatibility",
            r"cuDNN error: CUDNN_STATUS_(VERSION_MISMATCH|SUBLIBRARY\w*|ARCH_MISMATCH)",
            r"\[WinError (126|127|1114)\].{0,120}(torch|c10|cudnn|fbgemm|shm)\S*\.dll",
            r"Error loading \".{0,160}(torch|c10|cudnn|fbgemm|shm)\S*\.dll\"",
        ),
        "cuda_setup#which-library-wins",
    ),
    Entry(
        "numpy-abi",
        "cuda-setup",
        "This torch was built for another numpy",
        "torch before 2.3 was built for numpy 1, and cannot speak with numpy 2.",
        (
            Step(
                "install a numpy that it knows",
                'pip install "numpy<2"',
                verify='python -c "import torch; torch.zeros(1).numpy()"',
            ),
        ),
        says(r"Numpy is not available", r"PyTorch was compiled without NumPy support"),
        "cuda_setup#one-environment",
    ),
    Entry(
        "torch-shadowed",
        "cuda-setup",
        "`import torch` found something that is not PyTorch",
        "A file torch.py or a folder torch/ of the reader's own stands before it, or the installation is torn.",
        (
            Step(
                "see what is imported",
                'python -c "import torch; print(torch.__file__)"',
                verify="it lies in site-packages",
            ),
            Step("or install it anew", "pip install --force-reinstall torch"),
        ),
        says(
            r"(partially initialized )?module 'torch' has no attribute "
            r"'(nn|Tensor|tensor|cuda|device|zeros|version|optim|utils|float32|__version__)'",
            r"No module named 'torch\._C'",
            r"cannot import name '\w+' from (partially initialized module )?'torch'",
            r"Failed to load PyTorch C extensions",
        ),
        "cuda_setup#one-environment",
    ),
    Entry(
        "no-compiler",
        "cuda-setup",
        "torch.compile found no compiler, or none that works",
        "It writes C++ and Triton code and builds it: a C compiler, Python's headers, and Triton are needed.",
        (
            Step(
                "install a compiler", "sudo apt install build-essential python3-dev", root=True, verify="cc --version"
            ),
            Step("or run without it", "TORCHDYNAMO_DISABLE=1 python train.py"),
        ),
        says(
            r"Failed to find C compiler",
            r"Cannot find a working triton installation",
            r"InvalidCxxCompiler: No working C\+\+ compiler found",
            r"CppCompileError: C\+\+ compile error",
            r"backend='inductor' raised:\s*(RuntimeError: )?(Failed to find C compiler|Cannot find a working triton)",
            r"Compiler: cl is not found",
            r"(Error checking compiler version for cl|No working C\+\+ compiler found)",
        ),
        "cuda_setup#what-a-wheel-brings",
    ),
    Entry(
        "sick-gpu",
        "cuda-setup",
        "The GPU itself failed",
        "Its memory had an error that could not be corrected, or it fell off the bus: heat, power, or a defect.",
        (LOOK, Step("read what the kernel says of it", "sudo dmesg | grep -i -E 'xid|nvrm'", root=True)),
        says(
            r"CUDA error: uncorrectable ECC error encountered",
            r"CUDA error: (hardware stack error|GPU is lost|unspecified launch failure due to hardware)",
            r"CUDA error: NVLink",
            r"CUDA error: the launch timed out and was terminated",
        ),
        "cuda_setup#a-sick-gpu",
    ),
    Entry(
        "device-assert",
        "label-shape-or-range",
        "An assertion failed on the GPU",
        "Mostly a class label outside of 0 to classes - 1, or ids larger than an embedding. The GPU works "
        "behind the program, "
        "so the line of the error is a later one; the assertion itself stands on stderr, above.",
        (
            Step("see whether the labels fit", "assert 0 <= labels.min() and labels.max() < logits.shape[1]"),
            BLOCKING,
            Step("then start Python anew: after it nothing works on the GPU in that process"),
        ),
        says(
            r"(CUDA|HIP) error: device-side assert triggered",
            r"cuda runtime error \((59|710)\)",
            r"CUDA error \((59|710)\): device-side assert",
        ),
        "labels_and_losses#labels-out-of-range",
        after=tuple(name for name in ASSERTED if name != "device-assert"),
    ),
    Entry(
        "cublas-failed",
        "other",
        "A call of cuBLAS failed",
        "cuBLAS rarely fails by itself: a label or an id out of range broke the GPU's state before, shapes "
        "do not fit, or the "
        "memory was full when it began.",
        (
            Step("run one batch on the CPU: bad labels and shapes are named there", 'device = "cpu"'),
            BLOCKING,
            Step("or if the CPU runs it, use a smaller batch, and look at the installation", DOCTOR),
        ),
        (
            Wording(
                r"CUDA error: (?P<code>CUBLAS_STATUS_\w+) when calling `?(?P<name>\w+)",
                "{name} failed with {code}: mostly by bad labels, ids or shapes before it",
            ),
            *says(
                r"(CUDA error: )?CUBLAS_STATUS_\w+",
                r"cublas runtime error ?:",
                r"cuBLAS API failed",
                r"hipblas\w* error",
            ),
        ),
        "labels_and_losses#labels-out-of-range",
        after=ASSERTED,
    ),
    Entry(
        "cudnn-failed",
        "other",
        "A call of cuDNN failed",
        "It began with full memory, or after a label or an id out of range had broken the GPU's state; else "
        "shapes that it "
        "does not take, or another version of its library.",
        (
            Step("run one batch on the CPU: bad labels and shapes are named there", 'device = "cpu"'),
            BLOCKING,
            Step("or if the CPU runs it, use a smaller batch, and look at the installation", DOCTOR),
        ),
        (
            Wording(
                r"cuDNN error: (?P<code>CUDNN_STATUS_\w+)",
                "cuDNN failed with {code}: mostly full memory, or bad labels or shapes before it",
            ),
            *says(
                r"CUDNN_STATUS_\w+",
                r"(GET was unable|Unable) to find (an engine|a valid cuDNN algorithm|valid convolution)",
                r"FIND was unable to find an engine",
            ),
        ),
        "cuda_setup#which-library-wins",
        after=ASSERTED,
    ),
    Entry(
        "illegal-access",
        "other",
        "A kernel on the GPU touched memory that is not its own",
        "An index out of range in a kernel without checks, tensors of two GPUs in one of one's own, or a "
        "fault in an extension. "
        "The line of the error is a later one.",
        (BLOCKING, Step("or find the kernel", "compute-sanitizer python train.py")),
        says(
            r"(CUDA|HIP) error: an illegal memory access was encountered",
            r"(CUDA|HIP) error: (misaligned address|an illegal instruction was encountered|unspecified "
            r"launch failure|invalid argument|"
            r"invalid configuration argument|invalid program counter)",
            r"cuda runtime error \((77|700|4|719|9|11)\)",
            r"Triton Error \[CUDA\]",
        ),
        "devices#waiting-for-the-gpu",
        after=ASSERTED,
    ),
)

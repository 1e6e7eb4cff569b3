"""The words that names of files are made of, in the one place where they are kept.

A word is found by its spellings, written in lower case without separators: "sd15" is SD15, sd_15,
sd-1-5 and SD1.5. Steps are no words: "4 steps" in any spelling is a number of them.
"""

# What accelerators are called; a merge is told by its label.
FAMILIES = {
    "causvid": ("CausVid", "causvid"),
    "distilled": ("a distilled model", "distilled distill"),
    "dmd2": ("DMD2", "dmd2 dmd dmdv2"),
    "fasth3": ("FastH3", "fasth3 fastvideofasth3 fastminimaxh3"),
    "flash": ("Flash Diffusion", "flash flashdiffusion"),
    "hidreamdev": ("HiDream-I1 dev", "hidreami1dev hidreamdev"),
    "hidreamfast": ("HiDream-I1 fast", "hidreami1fast hidreamfast"),
    "hidreamo1dev": ("HiDream-O1 dev", "hidreamo1imagedev hidreamo1dev"),
    "hyper": ("Hyper-SD", "hyper"),
    "instaflow": ("InstaFlow", "instaflow"),
    "klein": ("FLUX.2 klein", "klein"),
    "lcm": ("LCM", "lcm latentconsistency latentconsistencymodel"),
    "lightning": ("Lightning", "lightning"),
    "lightx2v": ("LightX2V", "lightx2v seko"),
    "nitro": ("NitroFusion", "nitro nitrosd nitrofusion"),
    "pcm": ("PCM", "pcm"),
    "perflow": ("PeRFlow", "perflow"),
    "pid": ("PiD", "pid pidflux1 pidflux"),
    "pruna": ("Pruna", "pruna pqwenimage21 pqwenimage pqwen21"),
    "schnell": ("FLUX schnell", "schnell"),
    "sda": ("SDA", "sda"),
    "sdxs": ("SDXS", "sdxs"),
    "slam": ("SLAM", "slam"),
    "spo": ("SPO", "spo"),
    "sprint": ("SANA-Sprint", "sprint"),
    "swiftbrush": ("SwiftBrush", "swiftbrush"),
    "tcd": ("TCD", "tcd"),
    "tdd": ("TDD", "tdd"),
    "turbo": ("Turbo", "turbo"),
    "turbox": ("TurboX", "turbox"),
    "vegart": ("VegaRT", "vegart segmindvegart"),
    "viggle": ("Viggle", "viggle"),
}
# Words of everyday English: alone they say nothing about a file.
COMMON = frozenset("distilled flash hyper klein lightning nitro slam spo sprint turbo".split())
# Where they are that: each names a style.
EVERYDAY = (
    "hyperreal hyperrealism hyperrealistic hyperdetail hyperdetailed hyperfocus flashphoto "
    "flashphotography flashlight lightningbolt lightningstrike lightningstorm slamdunk"
)

# What a file is about that is no accelerator, whatever it goes with.
STYLES = frozenset(
    (
        "style styles styled compatible slider concept character anime manga portrait portraits "
        "photo photos photography realistic detail details detailed detailer tweaker enhancer skin "
        "face eyes hands pose clothes outfit girl woman man"
    ).split()
)

# Base models: a word, the base models it can mean, its spellings. The bases of a word that no
# recipe is for yet keep other recipes away.
BASES_OF = {
    "sd15": (("SD 1.5",), "sd15 sdv15 sd1 stablediffusion15 stablediffusionv15"),
    "sd21": (("SD 2.1",), "sd21 sdv21 sd2 sd21base stablediffusion21"),
    "sdxl": (("SDXL",), "sdxl xl stablediffusionxl sdxlbase"),
    "ssd1b": (("SSD-1B",), "ssd1b"),
    "vega": (("Segmind Vega",), "vega segmindvega vegart segmindvegart"),
    "sd3": (("SD3",), "sd3 sd3medium stablediffusion3 stablediffusion3medium"),
    "sd35": (("SD3.5 medium", "SD3.5 large"), "sd35 stablediffusion35"),
    "sd35medium": (("SD3.5 medium",), "sd35medium sd35m stablediffusion35medium"),
    "sd35large": (("SD3.5 large",), "sd35large sd35l stablediffusion35large"),
    "flux": (("FLUX.1",), "flux flux1 fluxdev flux1dev"),
    "flux2": (("FLUX.2",), "flux2 flux2dev"),
    "flux3": (("FLUX.3",), "flux3 flux3image flux3dev"),
    "qwen": (("Qwen-Image",), "qwen qwenimage"),
    "qwen21": (("Qwen-Image 2.1",), "qwen21 qwenimage21 pqwenimage21 pqwen21"),
    "firered": (("Qwen-Image-Edit",), "firered fireredimage"),
    "zimage": (("Z-Image",), "zimage zit"),
    "sana": (("SANA",), "sana"),
    "wan": (("Wan 14B", "Wan 1.3B", "Wan 5B"), "wan wanvideo"),
    "wan21": (("Wan 14B", "Wan 1.3B"), "wan21 wanvideo21"),
    "wan22": (("Wan 14B", "Wan 5B"), "wan22 wanvideo22"),
    "chronoedit": (("Wan 14B",), "chronoedit"),
    "ltx": (("LTX-Video",), "ltx ltxv ltxvideo"),
    "ltx2": (("LTX-2",), "ltx2 ltxv2 ltxav"),
    "ltx23": (("LTX-2",), "ltx23 ltxv23"),
    "ltx25": (("LTX-2",), "ltx25 ltxv25"),
    "hunyuan": (("HunyuanVideo",), "hunyuan hunyuanvideo hyvideo"),
    "hunyuan15": (
        ("HunyuanVideo 1.5",),
        "hunyuan15 hunyuanvideo15 hyvideo15 hy15 hunyuanv15 hunyuanvideov15",
    ),
    "krea": (("Krea 2",), "krea krea2"),
    "anima": (("Anima",), "anima"),
    "boogu": (("Boogu",), "boogu booguimage"),
    "ernie": (("Ernie-Image",), "ernie ernieimage"),
    "lensimage": (("Lens",), "lens lensimage"),
    "mageflow": (("Mage-Flow",), "mageflow"),
    "fibo2": (("Fibo 2",), "fibo2 fiboedit2"),
    "hidream": (
        ("HiDream-I1", "HiDream-O1"),
        "hidream hidreami1 hidreamo1 hidreami1dev hidreamdev hidreami1fast hidreamfast "
        "hidreamo1imagedev hidreamo1dev",
    ),
    "acestep": (("ACE-Step 1.5",), "acestep acestep15 acestepv15"),
    "kandinsky": (("Kandinsky 5",), "kandinsky kandinsky5 kandinsky5lite"),
    "chroma": (("Chroma",), "chroma"),
    "minimax": (("MiniMax H3",), "minimax minimaxh3 fasth3 fastvideofasth3 fastminimaxh3"),
}
# Checkpoints made from a base model: their LoRAs are for that base, and they are themselves.
DERIVED = {
    "illustrious": ("SDXL", "illustrious illustriousxl ilxl"),
    "noobai": ("SDXL", "noobai noobaixl noob"),
    "pony": ("SDXL", "pony ponyxl ponyv6 ponydiffusion"),
    "animagine": ("SDXL", "animagine animaginexl"),
}
# What can as well be a version, so it counts only where no other base model is named.
WEAK = {"15": ("SD 1.5", "v15 15"), "21": ("SD 2.1", "v21")}

# What sets files of one family apart.
MARKS = {
    "0.9": "09",
    "13b": "13b",
    "4b": "4b",
    "544p": "544p",
    "768p": "768p",
    "9b": "9b",
    "aio": "aio",
    "alpha": "alpha",
    "animate": "animate wananimate",
    "base": "base basemodel",
    "cfg": "cfg",
    "comfyui": "comfyui",
    "converted": "converted",
    "deterministic": "deterministic",
    "dreamshaper": "dreamshaper",
    "edit": "edit",
    "fl2v": "fl2v",
    "flf2v": "flf2v flf",
    "full": "full",
    "high": "high highnoise",
    "i2v": "i2v image2video img2vid",
    "kv": "kv",
    "lcmlike": "lcmlike",
    "low": "low lownoise",
    "noadv": "noadv woadv withoutadv",
    "normalcfg": "normalcfg",
    "omniref": "omniref",
    "realism": "realism",
    "ref2v": "ref2v",
    "sd": "sd",
    "shift1": "shift1",
    "shift3": "shift3",
    "smallcfg": "smallcfg",
    "stochastic": "stochastic",
    "t2v": "t2v text2video",
    "unet": "unet",
    "unified": "unified",
    "v01": "v01",
    "v10": "v10",
    "v11": "v11",
    "v12": "v12",
    "v2": "v2 v20",
    "v7": "v7",
    "vibrant": "vibrant",
    "wuli": "wuli",
    "x0": "x0",
}
# The kind of a file. "unet" is among the marks, as it sets whole models apart too.
KINDS = {"lora": "lora loras locon lycoris", "checkpoint": "checkpoint ckpt"}
# What says nothing about which accelerator it is.
PLAIN = (
    "fp16 fp32 bf16 fp8 f16 f32 fp4 nf4 int8 int4 convrot e4m3 e4m3fn e5m2 scaled mixed pruned "
    "ema emaonly noema safetensors gguf q4 q8 09vae 10vae vae bakedvae novae pytorch weights "
    "model models adapter diffusion diffusers transformer comfy kohya peft dev official original "
    "copy new final accelerator accelerate acceleration cfgstepdistill cfg1 rank rank4 rank8 r4 "
    "r8 dim dim4 dim8 resized extracted step steps noise image video for by the my of and with "
    "in from 14b a14b 1024px 512px px 480p 720p 1080p 480 720 19b 22b 5b sdv a b c g k m p r v x "
    "avg dynamic mxfp8 nvfp4 fastvideo latest q3 q5 q6 bytedance stabilityai tianweiy segmind "
    "fal kijai wangfuyun"
)
# What takes a distilled model for something else, or was distilled in no steps: no accelerators.
OTHERS = (
    "sr superresolution iclora dpo cameracontrol cfgdistilled cfgdistill distillpatch "
    "trainingadapter"
)
# Separate numbers that are no version of a person's own.
SIZES = frozenset("0 1 00 01 10 100 16 32 64 128 256 384 512 768 1024 4096 2509 2511 2512".split())
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "sixteen": 16}
STEP = frozenset(("step", "steps", "stp", "\u6b65", "\u30b9\u30c6\u30c3\u30d7"))

"""The words that names of files are made of, in the one place where they are kept.

A word is found by its spellings, written in lower case without separators: "sd15" is SD15, sd_15,
sd-1-5 and SD1.5. Steps are no words: "4 steps" in any spelling is a number of them.
"""

# What accelerators are called; a merge is told by its label.
FAMILIES = {
    "distilled": ("a distilled model", "distilled distill"),
    "dmd2": ("DMD2", "dmd2 dmd dmdv2"),
    "flash": ("Flash Diffusion", "flash flashdiffusion"),
    "hyper": ("Hyper-SD", "hyper"),
    "instaflow": ("InstaFlow", "instaflow"),
    "klein": ("FLUX.2 klein", "klein"),
    "lcm": ("LCM", "lcm latentconsistency latentconsistencymodel"),
    "lightning": ("Lightning", "lightning"),
    "lightx2v": ("LightX2V", "lightx2v seko"),
    "nitro": ("NitroFusion", "nitro nitrosd nitrofusion"),
    "pcm": ("PCM", "pcm"),
    "perflow": ("PeRFlow", "perflow"),
    "schnell": ("FLUX schnell", "schnell"),
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
    "qwen": (("Qwen-Image",), "qwen qwenimage"),
    "zimage": (("Z-Image",), "zimage zit"),
    "sana": (("SANA",), "sana"),
    "wan": (("Wan 14B",), "wan wanvideo"),
    "wan21": (("Wan 14B",), "wan21"),
    "wan22": (("Wan 14B",), "wan22"),
    "ltx": (("LTX",), "ltx ltxv ltx2 ltx23 ltx25"),
    "hunyuan": (("HunyuanVideo",), "hunyuan hunyuanvideo hunyuanvideo15"),
    "krea": (("Krea 2",), "krea krea2"),
    "anima": (("Anima",), "anima"),
    "chroma": (("Chroma",), "chroma"),
    "minimax": (("MiniMax H3",), "minimax minimaxh3"),
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
    "4b": "4b",
    "9b": "9b",
    "alpha": "alpha",
    "cfg": "cfg",
    "comfyui": "comfyui",
    "converted": "converted",
    "deterministic": "deterministic",
    "dreamshaper": "dreamshaper",
    "edit": "edit",
    "full": "full",
    "high": "high highnoise",
    "i2v": "i2v image2video",
    "lcmlike": "lcmlike",
    "low": "low lownoise",
    "noadv": "noadv woadv withoutadv",
    "normalcfg": "normalcfg",
    "realism": "realism",
    "sd": "sd",
    "shift1": "shift1",
    "shift3": "shift3",
    "smallcfg": "smallcfg",
    "stochastic": "stochastic",
    "t2v": "t2v text2video",
    "unet": "unet",
    "unified": "unified",
    "v2": "v2 v20",
    "v7": "v7",
    "vibrant": "vibrant",
    "x0": "x0",
}
# The kind of a file. "unet" is among the marks, as it sets whole models apart too.
KINDS = {"lora": "lora loras locon lycoris", "checkpoint": "checkpoint ckpt"}
# What says nothing about which accelerator it is.
PLAIN = (
    "fp16 fp32 bf16 fp8 f16 f32 fp4 nf4 int8 int4 convrot e4m3 e4m3fn e5m2 scaled mixed pruned "
    "ema emaonly noema safetensors gguf q4 q8 09vae 10vae vae bakedvae novae pytorch weights "
    "model models adapter diffusion diffusers transformer comfy kohya peft dev base official "
    "original copy new final accelerator accelerate acceleration cfgstepdistill cfg1 rank rank4 "
    "rank8 r4 r8 dim dim4 dim8 resized extracted step steps noise image video for by the my of "
    "and with in from 14b a14b 1024px 512px px sdv a b c g k m p v x bytedance stabilityai "
    "tianweiy segmind fal kijai wangfuyun"
)
# Separate numbers that are no version of a person's own.
SIZES = frozenset("0 1 00 01 10 100 16 32 64 128 256 384 512 768 1024 2509 2511 2512".split())
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "sixteen": 16}
STEP = frozenset(("step", "steps", "stp", "\u6b65", "\u30b9\u30c6\u30c3\u30d7"))

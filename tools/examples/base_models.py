"""Where the files lie that no recipe is about: base models, text encoders, VAEs, ControlNets."""

from typing import NamedTuple


class Published(NamedTuple):
    """A file by its name: the folder under `models` it belongs in, its link, its licence.

    The licence is empty where it does not limit what people may do.
    """

    directory: str
    name: str
    url: str
    licence: str = ""


_HUB = "https://huggingface.co"
_WAN21 = f"{_HUB}/Comfy-Org/Wan_2.1_ComfyUI_repackaged/resolve/main/split_files"
_WAN22 = f"{_HUB}/Comfy-Org/Wan_2.2_ComfyUI_Repackaged/resolve/main/split_files"

BASE_MODELS = (
    Published(
        "checkpoints",
        "v1-5-pruned-emaonly-fp16.safetensors",
        f"{_HUB}/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/"
        "v1-5-pruned-emaonly-fp16.safetensors",
    ),
    Published(
        "checkpoints",
        "sd_xl_base_1.0.safetensors",
        f"{_HUB}/stabilityai/stable-diffusion-xl-base-1.0/resolve/main/sd_xl_base_1.0.safetensors",
    ),
    Published(
        "checkpoints",
        "sd3_medium_incl_clips.safetensors",
        f"{_HUB}/stabilityai/stable-diffusion-3-medium/resolve/main/"
        "sd3_medium_incl_clips.safetensors",
        "stabilityai-ai-community",
    ),
    Published(
        "diffusion_models",
        "flux1-dev.safetensors",
        f"{_HUB}/Comfy-Org/flux1-dev/resolve/main/flux1-dev.safetensors",
        "flux-1-dev-non-commercial-license",
    ),
    Published(
        "vae",
        "ae.safetensors",
        f"{_HUB}/Comfy-Org/Lumina_Image_2.0_Repackaged/resolve/main/split_files/vae/ae.safetensors",
    ),
    Published(
        "text_encoders",
        "clip_l.safetensors",
        f"{_HUB}/comfyanonymous/flux_text_encoders/resolve/main/clip_l.safetensors",
    ),
    Published(
        "text_encoders",
        "clip_g.safetensors",
        f"{_HUB}/Comfy-Org/stable-diffusion-3.5-fp8/resolve/main/text_encoders/clip_g.safetensors",
    ),
    Published(
        "text_encoders",
        "t5xxl_fp8_e4m3fn.safetensors",
        f"{_HUB}/comfyanonymous/flux_text_encoders/resolve/main/t5xxl_fp8_e4m3fn.safetensors",
    ),
    Published(
        "controlnet",
        "control_v11p_sd15_scribble_fp16.safetensors",
        f"{_HUB}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/"
        "control_v11p_sd15_scribble_fp16.safetensors",
    ),
    Published(
        "loras",
        "pixel-art-xl.safetensors",
        f"{_HUB}/nerijs/pixel-art-xl/resolve/main/pixel-art-xl.safetensors",
    ),
    Published(
        "diffusion_models",
        "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
        f"{_WAN22}/diffusion_models/wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "diffusion_models",
        "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
        f"{_WAN22}/diffusion_models/wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "loras",
        "wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
        f"{_WAN22}/loras/wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
    ),
    Published(
        "loras",
        "wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
        f"{_WAN22}/loras/wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
    ),
    Published(
        "text_encoders",
        "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        f"{_WAN21}/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    ),
    Published(
        "vae",
        "wan_2.1_vae.safetensors",
        f"{_WAN21}/vae/wan_2.1_vae.safetensors",
    ),
)

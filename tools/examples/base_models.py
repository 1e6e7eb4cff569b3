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
_WAN = f"{_HUB}/Comfy-Org/Wan_2.2_ComfyUI_Repackaged/resolve/main/split_files"
_QWEN = f"{_HUB}/Comfy-Org/Qwen-Image_ComfyUI/resolve/main/split_files"
_FLUX2 = f"{_HUB}/Comfy-Org/flux2-dev/resolve/main/split_files"
_H3 = f"{_HUB}/Comfy-Org/MiniMax-H3/resolve/main"

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
        f"{_WAN}/diffusion_models/wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "diffusion_models",
        "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
        f"{_WAN}/diffusion_models/wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "diffusion_models",
        "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
        f"{_WAN}/diffusion_models/wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "diffusion_models",
        "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
        f"{_WAN}/diffusion_models/wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
    ),
    Published(
        "text_encoders",
        "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        f"{_HUB}/Comfy-Org/Wan_2.1_ComfyUI_repackaged/resolve/main/split_files/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    ),
    Published(
        "vae",
        "wan_2.1_vae.safetensors",
        f"{_WAN}/vae/wan_2.1_vae.safetensors",
    ),
    Published(
        "diffusion_models",
        "qwen_image_2512_fp8_e4m3fn.safetensors",
        f"{_QWEN}/diffusion_models/qwen_image_2512_fp8_e4m3fn.safetensors",
    ),
    Published(
        "diffusion_models",
        "qwen_image_edit_2511_fp8mixed.safetensors",
        f"{_HUB}/Comfy-Org/Qwen-Image-Edit_ComfyUI/resolve/main/split_files/diffusion_models/qwen_image_edit_2511_fp8mixed.safetensors",
    ),
    Published(
        "text_encoders",
        "qwen_2.5_vl_7b_fp8_scaled.safetensors",
        f"{_QWEN}/text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors",
    ),
    Published(
        "vae",
        "qwen_image_vae.safetensors",
        f"{_QWEN}/vae/qwen_image_vae.safetensors",
    ),
    Published(
        "text_encoders",
        "qwen_3_4b.safetensors",
        f"{_HUB}/Comfy-Org/z_image_turbo/resolve/main/split_files/text_encoders/qwen_3_4b.safetensors",
    ),
    Published(
        "text_encoders",
        "qwen3vl_4b_fp8_scaled.safetensors",
        f"{_HUB}/Comfy-Org/Krea-2/resolve/main/text_encoders/qwen3vl_4b_fp8_scaled.safetensors",
    ),
    Published(
        "diffusion_models",
        "flux2_dev_fp8mixed.safetensors",
        f"{_FLUX2}/diffusion_models/flux2_dev_fp8mixed.safetensors",
        "flux-non-commercial-license",
    ),
    Published(
        "text_encoders",
        "mistral_3_small_flux2_bf16.safetensors",
        f"{_FLUX2}/text_encoders/mistral_3_small_flux2_bf16.safetensors",
    ),
    Published(
        "vae",
        "flux2-vae.safetensors",
        f"{_FLUX2}/vae/flux2-vae.safetensors",
    ),
    Published(
        "checkpoints",
        "ltx-2.3-22b-dev-fp8.safetensors",
        f"{_HUB}/Lightricks/LTX-2.3-fp8/resolve/main/ltx-2.3-22b-dev-fp8.safetensors",
    ),
    Published(
        "text_encoders",
        "gemma_3_12B_it_fp4_mixed.safetensors",
        f"{_HUB}/Comfy-Org/ltx-2/resolve/main/split_files/text_encoders/gemma_3_12B_it_fp4_mixed.safetensors",
    ),
    Published(
        "latent_upscale_models",
        "ltx-2.3-spatial-upscaler-x2-1.1.safetensors",
        f"{_HUB}/Lightricks/LTX-2.3/resolve/main/ltx-2.3-spatial-upscaler-x2-1.1.safetensors",
    ),
    Published(
        "diffusion_models",
        "minimax_h3_fl2va_pruned_int8_convrot.safetensors",
        f"{_H3}/diffusion_models/minimax_h3_fl2va_pruned_int8_convrot.safetensors",
    ),
    Published(
        "text_encoders",
        "qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors",
        f"{_H3}/text_encoders/qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors",
    ),
    Published(
        "vae",
        "minimax_h3_video_vae_fp16.safetensors",
        f"{_H3}/vae/minimax_h3_video_vae_fp16.safetensors",
    ),
    Published(
        "vae",
        "minimax_h3_audio_vae_fp32.safetensors",
        f"{_H3}/vae/minimax_h3_audio_vae_fp32.safetensors",
    ),
)

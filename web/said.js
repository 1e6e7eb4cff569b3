// @ts-check
/**
 * What the host's side says in English and a panel shows, in the page's language.
 *
 * {} stands for what differs. Notes of a person's own recipes are free text and stay as they are.
 */

/** @typedef {Record<string, string>} Phrases from what is said to what is shown */

/** @type {Record<string, Phrases>} */
const PHRASES = {
  zh: {
    "FluxGuidance {} (Few-step KSampler sets it)": "FluxGuidance {}（“少步K采样器”会设置）",
    "a model shown timestep {} (Load one-step model does it)": "以 {} 为时间步的模型（单步模型加载器会设置）",
    "a model that predicts {} (Load one-step model sets it)": "预测 {} 的模型（单步模型加载器会设置）",
    "a model that starts at t = {} (Load one-step model cuts it)": "从 t = {} 开始的模型（单步模型加载器会设置）",
    "Needs a sampler of its own: {}": "需要专门的采样器：{}",
    "Its weights were never published.": "它的权重从未公开。",
    "A preference LoRA, not an accelerator: load it with Load LoRA, and sample with the steps of your model.":
      "这是偏好 LoRA，不是加速模型：请用“加载LoRA”加载，并按您的模型的步数采样。",
    "It is named like {}, but its content is another (sha256).": "它的名称与 {} 相同，但内容不同（sha256）。",
    "It is named like {}, but its rank and keys are those of another file.":
      "它的名称与 {} 相同，但秩和键名属于另一个文件。",
    "It was saved anew: named and built like the published file, but of other bytes.":
      "文件已被重新保存：名称和结构与发布的文件相同，但字节不同。",
    "No settings are passed on: choose the recipe here, or connect a Few-step recipe node where you sample.":
      "没有设置随模型传递：请在此选择配方，或在采样处连接“少步配方”节点。",
    "No settings are passed on, and the model is as ComfyUI loads it: choose the recipe here.":
      "没有设置随模型传递，模型就是 ComfyUI 加载的原样：请在此选择配方。",
    "The file holds no scale of its own (alpha): if the picture looks burnt, try strength 0.125.":
      "文件自身没有缩放系数（alpha）：如果图像过饱和失真，请尝试强度 0.125。",
    "The recipe is for {}, and the file is for {}.": "配方用于 {}，而文件用于 {}。",
    "The recipe {} is for {}, and this model is {}.": "配方 {} 用于 {}，而此模型是 {}。",
    "Layers that are not in the model: {} ...": "模型中没有的层：{} ...",
    "Merging rounds {} quantised layers again, which changes the picture; live keeps them as they are: set apply to live or auto.":
      "合并会再次舍入 {} 个量化的层，从而改变图像；live 保持它们不变：请将应用方式设为 live 或 auto。",
    "Layers of another shape than the model's are left out: {}.":
      "已略去形状与模型不同的层：{}。",
    "a ControlNet": "ControlNet",
    "a VAE": "VAE",
    "a text encoder": "文本编码器",
    "a LoRA for the text encoder alone": "仅用于文本编码器的 LoRA",
    "a file of no known kind": "类型未知的文件",
  },
  ja: {
    "FluxGuidance {} (Few-step KSampler sets it)": "FluxGuidance {}（「少ステップ Kサンプラー」が設定します）",
    "a model shown timestep {} (Load one-step model does it)":
      "タイムステップ {} を渡されるモデル（「1ステップモデルを読み込む」が設定します）",
    "a model that predicts {} (Load one-step model sets it)":
      "{} を予測するモデル（「1ステップモデルを読み込む」が設定します）",
    "a model that starts at t = {} (Load one-step model cuts it)":
      "t = {} から始まるモデル（「1ステップモデルを読み込む」が設定します）",
    "Needs a sampler of its own: {}": "専用のサンプラーが必要です：{}",
    "Its weights were never published.": "重みは公開されていません。",
    "A preference LoRA, not an accelerator: load it with Load LoRA, and sample with the steps of your model.":
      "これは好みに合わせる LoRA で、高速化モデルではありません。「LoRAを読み込む」で読み込み、モデルのステップ数でサンプリングしてください。",
    "It is named like {}, but its content is another (sha256).": "名前は {} と同じですが、内容が違います（sha256）。",
    "It is named like {}, but its rank and keys are those of another file.":
      "名前は {} と同じですが、ランクとキーは別のファイルのものです。",
    "It was saved anew: named and built like the published file, but of other bytes.":
      "保存し直されたファイルです。名前と構造は公開されたものと同じですが、バイト列が違います。",
    "No settings are passed on: choose the recipe here, or connect a Few-step recipe node where you sample.":
      "設定はモデルに渡されません。ここでレシピを選ぶか、サンプリングする所に「少ステップレシピ」を接続してください。",
    "No settings are passed on, and the model is as ComfyUI loads it: choose the recipe here.":
      "設定は渡されず、モデルは ComfyUI が読み込むままです。ここでレシピを選んでください。",
    "The file holds no scale of its own (alpha): if the picture looks burnt, try strength 0.125.":
      "ファイルに固有の倍率（alpha）がありません。画像が焼けたように崩れる場合は、強度 0.125 を試してください。",
    "The recipe is for {}, and the file is for {}.": "レシピは {} 用、ファイルは {} 用です。",
    "The recipe {} is for {}, and this model is {}.": "レシピ {} は {} 用ですが、このモデルは {} です。",
    "Layers that are not in the model: {} ...": "モデルにない層：{} ...",
    "Merging rounds {} quantised layers again, which changes the picture; live keeps them as they are: set apply to live or auto.":
      "マージすると量子化された {} 層がもう一度丸められ、画像が変わります。live ならそのままです。適用方法を live か auto にしてください。",
    "Layers of another shape than the model's are left out: {}.":
      "モデルと形の違う層は除かれています：{}。",
    "a ControlNet": "ControlNet",
    "a VAE": "VAE",
    "a text encoder": "テキストエンコーダー",
    "a LoRA for the text encoder alone": "テキストエンコーダーだけの LoRA",
    "a file of no known kind": "種類の分からないファイル",
  },
  ru: {
    "FluxGuidance {} (Few-step KSampler sets it)": "FluxGuidance {} (её задаёт «Малошаговый KSampler»)",
    "a model shown timestep {} (Load one-step model does it)":
      "модель, которой показан временной шаг {} (настраивает «Загрузить одношаговую модель»)",
    "a model that predicts {} (Load one-step model sets it)":
      "модель, предсказывающая {} (настраивает «Загрузить одношаговую модель»)",
    "a model that starts at t = {} (Load one-step model cuts it)":
      "модель, начинающая с t = {} (настраивает «Загрузить одношаговую модель»)",
    "Needs a sampler of its own: {}": "Нужен особый сэмплер: {}",
    "Its weights were never published.": "Её веса не были опубликованы.",
    "A preference LoRA, not an accelerator: load it with Load LoRA, and sample with the steps of your model.":
      "Это LoRA предпочтений, а не ускоритель: загрузите её узлом «Загрузить LoRA» и сэмплируйте с числом шагов вашей модели.",
    "It is named like {}, but its content is another (sha256).":
      "Назван как {}, но содержимое другое (sha256).",
    "It is named like {}, but its rank and keys are those of another file.":
      "Назван как {}, но ранг и ключи — от другого файла.",
    "It was saved anew: named and built like the published file, but of other bytes.":
      "Файл сохранён заново: имя и строение как у опубликованного, но байты другие.",
    "No settings are passed on: choose the recipe here, or connect a Few-step recipe node where you sample.":
      "Настройки не передаются: выберите рецепт здесь или подключите узел «Малошаговый рецепт» там, где идёт сэмплирование.",
    "No settings are passed on, and the model is as ComfyUI loads it: choose the recipe here.":
      "Настройки не передаются, модель такая, какой её загружает ComfyUI: выберите рецепт здесь.",
    "The file holds no scale of its own (alpha): if the picture looks burnt, try strength 0.125.":
      "В файле нет своего масштаба (alpha): если изображение пережжено, попробуйте силу 0.125.",
    "The recipe is for {}, and the file is for {}.": "Рецепт для {}, а файл для {}.",
    "The recipe {} is for {}, and this model is {}.": "Рецепт {} для {}, а эта модель — {}.",
    "Layers that are not in the model: {} ...": "Слои, которых нет в модели: {} ...",
    "Merging rounds {} quantised layers again, which changes the picture; live keeps them as they are: set apply to live or auto.":
      "Слияние ещё раз округляет квантованные слои ({}), и изображение меняется; live оставляет их как есть: выберите применение live или auto.",
    "Layers of another shape than the model's are left out: {}.":
      "Слои иной формы, чем у модели, пропущены: {}.",
    "a ControlNet": "ControlNet",
    "a VAE": "VAE",
    "a text encoder": "текстовый кодировщик",
    "a LoRA for the text encoder alone": "LoRA только для текстового кодировщика",
    "a file of no known kind": "файл неизвестного вида",
  },
};

/** `text` in the language where it is known there, whole or each part between commas. */
export const inWordsOf = (/** @type {string} */ language, /** @type {string} */ text) => {
  const phrases = PHRASES[language];
  if (!phrases) return text;
  return known(phrases, text) ?? text.split(", ").map((part) => known(phrases, part) ?? part).join(", ");
};

/** @param {Phrases} phrases @param {string} text */
const known = (phrases, text) => {
  for (const [said, shown] of Object.entries(phrases)) {
    const parts = partsOf(said.split("{}"), text);
    if (parts) return shown.replace(/\{\}/g, () => String(parts.shift()));
  }
  return undefined;
};

/**
 * What stands in `text` between the pieces of a phrase, or null where it is another text. Found
 * without an expression: the text can be a person's own, and as long as it likes.
 * @param {string[]} pieces @param {string} text @returns {string[] | null}
 */
const partsOf = ([first, ...rest], text) => {
  const last = rest.pop();
  if (last === undefined) return text === first ? [] : null;
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const parts = [];
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from + 1);
    if (at < 0) return null;
    parts.push(text.slice(from, at));
    from = at + piece.length;
  }
  const end = text.length - last.length;
  return end > from ? [...parts, text.slice(from, end)] : null;
};

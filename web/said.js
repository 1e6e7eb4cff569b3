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
    "It acts on the first steps alone, and the strength of a LoKr cannot change from step to step.":
      "它只作用于最初几步，而 LoKr 的强度不能逐步变化。",
    "It draws a video chunk by chunk, each from the ones before.": "它逐段绘制视频，每一段都由前面的各段得出。",
    "It is made for a sampler node of its own.": "它是为专门的采样器节点制作的。",
    "It needs ComfyUI's SamplerARVideo, which draws frame after frame.":
      "它需要 ComfyUI 的 SamplerARVideo，后者逐帧绘制。",
    "It needs a patch that shows the network where a step ends.": "它需要一个补丁，让网络知道每一步在哪里结束。",
    "It needs a sampler of its own, whose network is shown two times.": "它需要专门的采样器，其网络要看到两个时间。",
    "It steps through TrigFlow angles, and needs a sampler of its own.":
      "它按 TrigFlow 的角度前进，需要专门的采样器。",
    "Its network is shown the time that a step ends at, too.": "它的网络还要看到每一步结束的时间。",
    "Its network predicts a policy in place of a picture, and needs a sampler of its own.":
      "它的网络预测的是策略而不是图像，需要专门的采样器。",
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
    "It acts on the first steps alone, and the strength of a LoKr cannot change from step to step.":
      "最初の数ステップだけに働くもので、LoKr の強度はステップごとに変えられません。",
    "It draws a video chunk by chunk, each from the ones before.": "動画を区切りごとに、前の区切りから描きます。",
    "It is made for a sampler node of its own.": "専用のサンプラーノードのためのものです。",
    "It needs ComfyUI's SamplerARVideo, which draws frame after frame.":
      "フレームを順に描く ComfyUI の SamplerARVideo が必要です。",
    "It needs a patch that shows the network where a step ends.": "ステップの終わりをネットワークに示すパッチが必要です。",
    "It needs a sampler of its own, whose network is shown two times.":
      "二つの時刻をネットワークに示す専用のサンプラーが必要です。",
    "It steps through TrigFlow angles, and needs a sampler of its own.":
      "TrigFlow の角度で進むため、専用のサンプラーが必要です。",
    "Its network is shown the time that a step ends at, too.": "ネットワークにはステップの終わりの時刻も示されます。",
    "Its network predicts a policy in place of a picture, and needs a sampler of its own.":
      "ネットワークは画像ではなく方策を予測し、専用のサンプラーが必要です。",
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
    "It acts on the first steps alone, and the strength of a LoKr cannot change from step to step.":
      "Он действует только на первых шагах, а сила LoKr не может меняться от шага к шагу.",
    "It draws a video chunk by chunk, each from the ones before.":
      "Он рисует видео по частям, каждую из предыдущих.",
    "It is made for a sampler node of its own.": "Он сделан для собственной ноды сэмплера.",
    "It needs ComfyUI's SamplerARVideo, which draws frame after frame.":
      "Ему нужен SamplerARVideo из ComfyUI, который рисует кадр за кадром.",
    "It needs a patch that shows the network where a step ends.":
      "Ему нужен патч, который показывает сети, где заканчивается шаг.",
    "It needs a sampler of its own, whose network is shown two times.":
      "Ему нужен собственный сэмплер, сети которого показывают два момента времени.",
    "It steps through TrigFlow angles, and needs a sampler of its own.":
      "Он идёт по углам TrigFlow, и ему нужен собственный сэмплер.",
    "Its network is shown the time that a step ends at, too.":
      "Его сети показывают и время, на котором шаг заканчивается.",
    "Its network predicts a policy in place of a picture, and needs a sampler of its own.":
      "Его сеть предсказывает политику вместо картинки, и ему нужен собственный сэмплер.",
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

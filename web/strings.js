// @ts-check
/** All words the page shows that are not in a node's definition. A language is one more object. */

import { inWordsOf } from "./said.js";

const en = {
  plot: "Schedule plot",
  badge: "Recipe",
  stepsFrom: "{n} steps from t = {start}: {times}",
  stepFrom: "1 step from t = {start}",
  stepsFromDenoise: "{n} steps from t = {start} at denoise {denoise}: {times}",
  stepFromDenoise: "1 step from t = {start} at denoise {denoise}",
  denoiseZero: "denoise 0: no steps, the latent stays as it is",
  keptSteps: "{n} of {asked} steps lie below the start.",
  noiseNone: "No noise is added back ({sampler}).",
  noiseBack: "Noise added back ({sampler}): {levels}",
  noiseUnknown: "Noise added back: the sampler is not known here.",
  gammaIs: "{sampler}, gamma {gamma}",
  noRecipe: "No recipe yet: load the accelerator with Load acceleration LoRA or Load one-step model, or connect a recipe.",
  sourceOff: "No recipe reaches this node: its source is muted or not connected.",
  elsewhere: "The recipe comes from {title} and is known once it runs.",
  linked: "Known once it runs: another node sets {names}.",
  noSuchRecipe: "There is no recipe {id}.",
  twins: "This file could be any of these: {names}. Choose the recipe.",
  merge: "A merge with {family}, by its name: its author's page has the settings.",
  mergeNear: "A merge with {family}, by its name: its author's page has the settings. Near it: {names}.",
  checking: "The file is being read ...",
  absent: "The file is not in {folder} yet.",
  notKnown: "Not recognised ({what}). If you know which accelerator it is, choose the recipe.",
  notKnownFor: "Not recognised ({what} for {base}). If you know which accelerator it is, choose the recipe.",
  told: "{text}.",
  assumesTable: "Drawn with the noise levels of Stable Diffusion; the run uses the model's own.",
  assumesShift: "Drawn for a flow model with shift {shift}; the run uses the model's own.",
  patched: "{title} changes the model's noise levels; the curve is Stable Diffusion's.",
  steps: "steps {n}",
  cfg: "CFG {n}",
  byHand: "recipe chosen by hand",
  by: "recognised by {how}",
  sha256: "sha256",
  "its own metadata": "its own metadata",
  "file name": "file name",
  "folder name": "folder name",
  needs: "Needs {what}.",
  gamma: "gamma {n}",
  strength: "strength {n}",
  warning: "Warning: {text}",
  blocked: "Cannot be sampled here: {why}",
  madeForSteps: "Made for {span} steps, and {steps} are set.",
  madeForCfg: "Made for CFG {span}, and {cfg} is set.",
  noList: "{name} has no timesteps for {steps} steps. Set the steps to one of {known}.",
  noSteps: "steps is {steps}; use 1 or more.",
  tooLow:
    "denoise {denoise} is too low for a single step. Raise it, or set it to 0 to leave the latent as it is.",
  tooMany:
    "At denoise {denoise} at most {largest} steps fit, and {steps} are set. Set steps to {largest} or fewer.",
  belowAll:
    "denoise {denoise} starts at t = {start}, below all timesteps of this schedule. Use a denoise of {lowest} or more, or more steps.",
  listEmpty:
    "The list of timesteps is empty. Write whole timesteps from 999 to 0 (999, 499), or fractions of 1 (1.0, 0.5).",
  listEntry:
    '"{entry}" is not a timestep. Write whole timesteps from 999 to 0 (999, 499), or fractions of 1 (1.0, 0.5).',
  listGap: 'A comma or semicolon in "{text}" has no entry before it. Take it out.',
  listDecimal:
    '"{text}" has decimal commas, and a comma begins the next entry. Write decimal points: {pointed}.',
  listOrder: 'Timestep "{entry}" is not below the one before it. Write them from high to low.',
  listRange:
    'Timestep "{entry}" is out of range. Write whole timesteps from 999 to 0 (999, 499), or fractions of 1 (1.0, 0.5). Papers that count to 1000 mean one less.',
};

/** @type {typeof en} */
const zh = {
  plot: "时间步曲线",
  badge: "配方",
  stepsFrom: "{n} 步，从 t = {start} 开始：{times}",
  stepFrom: "1 步，从 t = {start} 开始",
  stepsFromDenoise: "{n} 步，从 t = {start} 开始（降噪 {denoise}）：{times}",
  stepFromDenoise: "1 步，从 t = {start} 开始（降噪 {denoise}）",
  denoiseZero: "降噪为 0：没有步数，Latent 保持原样",
  keptSteps: "{asked} 步中有 {n} 步低于起点。",
  noiseNone: "不重新加噪（{sampler}）。",
  noiseBack: "重新加入的噪声（{sampler}）：{levels}",
  noiseUnknown: "重新加入的噪声：此处不知道采样器。",
  gammaIs: "{sampler}，gamma {gamma}",
  noRecipe: "还没有配方：请用“加速LoRA加载器”或“单步模型加载器”载入加速模型，或连接一个配方。",
  sourceOff: "没有配方到达此节点：其来源已被静音或未连接。",
  elsewhere: "配方来自 {title}，运行时才知道。",
  linked: "运行时才知道：{names} 由其他节点设置。",
  noSuchRecipe: "没有名为 {id} 的配方。",
  twins: "此文件可能是以下任意一种：{names}。请选择配方。",
  merge: "从名称看是融合了 {family} 的模型：设置请见作者的页面。",
  mergeNear: "从名称看是融合了 {family} 的模型：设置请见作者的页面。相近的配方：{names}。",
  checking: "正在读取文件……",
  absent: "{folder} 中还没有此文件。",
  notKnown: "无法识别：{what}。如果你知道它是哪种加速模型，请选择配方。",
  notKnownFor: "无法识别：{what}，用于 {base}。如果你知道它是哪种加速模型，请选择配方。",
  told: "{text}.",
  assumesTable: "按 Stable Diffusion 的噪声水平绘制；运行时使用模型自身的。",
  assumesShift: "按 shift 为 {shift} 的流模型绘制；运行时使用模型自身的 shift。",
  patched: "{title} 改变了模型的噪声水平；曲线是 Stable Diffusion 的。",
  steps: "步数 {n}",
  cfg: "CFG {n}",
  byHand: "手动选择的配方",
  by: "识别依据：{how}",
  sha256: "sha256",
  "its own metadata": "文件自带的元数据",
  "file name": "文件名",
  "folder name": "文件夹名",
  needs: "需要：{what}。",
  gamma: "gamma {n}",
  strength: "强度 {n}",
  warning: "警告：{text}",
  blocked: "无法在此采样：{why}",
  madeForSteps: "适用于 {span} 步，当前设置为 {steps} 步。",
  madeForCfg: "适用于 CFG {span}，当前设置为 {cfg}。",
  noList: "{name} 没有 {steps} 步的时间步列表。请将步数设为以下之一：{known}。",
  noSteps: "步数为 {steps}；请使用 1 或更大的值。",
  tooLow: "降噪 {denoise} 太低，连一步都放不下。请提高它，或设为 0 以保持原样。",
  tooMany: "降噪为 {denoise} 时最多容纳 {largest} 步，而设置了 {steps} 步。请将步数设为 {largest} 或更少。",
  belowAll:
    "降噪 {denoise} 从 t = {start} 开始，低于此时间步方案的所有时间步。请使用 {lowest} 或更高的降噪，或增加步数。",
  listEmpty: "时间步列表为空。请写 999 到 0 的整数（999, 499）或 1 以内的小数（1.0, 0.5）。",
  listEntry: "“{entry}”不是时间步。请写 999 到 0 的整数（999, 499）或 1 以内的小数（1.0, 0.5）。",
  listGap: '“{text}”中有一个逗号或分号前面没有内容。请删除它。',
  listDecimal:
    '“{text}”使用了逗号作小数点，而逗号用来分隔各项。请改用小数点：{pointed}。',
  listOrder: "时间步“{entry}”不低于前一个。请按从大到小排列。",
  listRange:
    "时间步“{entry}”超出范围。请写 999 到 0 的整数（999, 499）或 1 以内的小数（1.0, 0.5）。论文中数到 1000 的要减 1。",
};

/** @type {typeof en} */
const ja = {
  plot: "スケジュールの図",
  badge: "レシピ",
  stepsFrom: "{n} ステップ、t = {start} から：{times}",
  stepFrom: "1 ステップ、t = {start} から",
  stepsFromDenoise: "{n} ステップ、t = {start} から（ノイズ除去 {denoise}）：{times}",
  stepFromDenoise: "1 ステップ、t = {start} から（ノイズ除去 {denoise}）",
  denoiseZero: "ノイズ除去 0：ステップなし、潜在画像はそのままです",
  keptSteps: "{asked} ステップのうち {n} が開始点より下にあります。",
  noiseNone: "ノイズは戻しません（{sampler}）。",
  noiseBack: "戻すノイズ（{sampler}）：{levels}",
  noiseUnknown: "戻すノイズ：サンプラーはここでは不明です。",
  gammaIs: "{sampler}、gamma {gamma}",
  noRecipe: "レシピがまだありません：「高速化LoRAを読み込む」か「1ステップモデルを読み込む」で読み込むか、レシピを接続してください。",
  sourceOff: "レシピが届きません。元のノードがミュートされているか、接続されていません。",
  elsewhere: "レシピは {title} から来ます。実行時に分かります。",
  linked: "実行時に分かります：{names} は別のノードが決めます。",
  noSuchRecipe: "{id} というレシピはありません。",
  twins: "このファイルは次のどれかです：{names}。レシピを選んでください。",
  merge: "名前から見て {family} をマージしたモデルです。設定は作者のページにあります。",
  mergeNear: "名前から見て {family} をマージしたモデルです。設定は作者のページにあります。近いレシピ：{names}。",
  checking: "ファイルを読んでいます……",
  absent: "ファイルはまだ {folder} にありません。",
  notKnown: "認識できません：{what}。どの高速化モデルか分かる場合は、レシピを選んでください。",
  notKnownFor: "認識できません：{base} 用の {what}。どの高速化モデルか分かる場合は、レシピを選んでください。",
  told: "{text}.",
  assumesTable: "Stable Diffusion のノイズレベルで描いています。実行時はモデル自身のものを使います。",
  assumesShift: "shift {shift} のフローモデルとして描いています。実行時はモデル自身の値を使います。",
  patched: "{title} がモデルのノイズレベルを変えます。曲線は Stable Diffusion のものです。",
  steps: "ステップ {n}",
  cfg: "CFG {n}",
  byHand: "手動で選んだレシピ",
  by: "判定の根拠：{how}",
  sha256: "sha256",
  "its own metadata": "ファイル自身のメタデータ",
  "file name": "ファイル名",
  "folder name": "フォルダー名",
  needs: "必要なもの：{what}。",
  gamma: "gamma {n}",
  strength: "強度 {n}",
  warning: "警告：{text}",
  blocked: "ここではサンプリングできません：{why}",
  madeForSteps: "{span} ステップ用ですが、{steps} に設定されています。",
  madeForCfg: "CFG {span} 用ですが、{cfg} に設定されています。",
  noList: "{name} には {steps} ステップのタイムステップがありません。{known} のどれかにしてください。",
  noSteps: "ステップが {steps} です。1 以上にしてください。",
  tooLow: "ノイズ除去 {denoise} では 1 ステップも入りません。上げるか、0 にしてそのまま残してください。",
  tooMany:
    "ノイズ除去 {denoise} では最大 {largest} ステップですが、{steps} に設定されています。{largest} 以下にしてください。",
  belowAll:
    "ノイズ除去 {denoise} は t = {start} から始まり、このスケジュールのすべてのタイムステップより下です。ノイズ除去を {lowest} 以上にするか、ステップを増やしてください。",
  listEmpty:
    "タイムステップの一覧が空です。999 から 0 の整数（999, 499）か 1 以下の小数（1.0, 0.5）を書いてください。",
  listEntry:
    "「{entry}」はタイムステップではありません。999 から 0 の整数（999, 499）か 1 以下の小数（1.0, 0.5）を書いてください。",
  listGap: '「{text}」に、前に何もないコンマかセミコロンがあります。取り除いてください。',
  listDecimal:
    '「{text}」では小数点にコンマが使われていますが、コンマは区切りです。小数点にはピリオドを使ってください：{pointed}。',
  listOrder: "タイムステップ「{entry}」が前のものより小さくありません。大きい順に書いてください。",
  listRange:
    "タイムステップ「{entry}」は範囲外です。999 から 0 の整数（999, 499）か 1 以下の小数（1.0, 0.5）を書いてください。1000 まで数える論文では 1 を引きます。",
};

/** @type {typeof en} */
const ru = {
  plot: "График расписания",
  badge: "Рецепт",
  stepsFrom: "Шагов: {n}, начиная с t = {start}: {times}",
  stepFrom: "1 шаг, начиная с t = {start}",
  stepsFromDenoise: "Шагов: {n}, начиная с t = {start} при шумоподавлении {denoise}: {times}",
  stepFromDenoise: "1 шаг, начиная с t = {start} при шумоподавлении {denoise}",
  denoiseZero: "шумоподавление 0: шагов нет, латент остаётся прежним",
  keptSteps: "Ниже начала лежат {n} из {asked} шагов.",
  noiseNone: "Шум не добавляется ({sampler}).",
  noiseBack: "Добавленный шум ({sampler}): {levels}",
  noiseUnknown: "Добавленный шум: сэмплер здесь неизвестен.",
  gammaIs: "{sampler}, gamma {gamma}",
  noRecipe: "Рецепта пока нет: загрузите ускоритель узлом «Загрузить ускоряющую LoRA» или «Загрузить одношаговую модель» либо подключите рецепт.",
  sourceOff: "Рецепт не доходит до узла: его источник отключён или не подключён.",
  elsewhere: "Рецепт даёт узел {title}; он станет известен при запуске.",
  linked: "Станет известно при запуске: {names} задаёт другой узел.",
  noSuchRecipe: "Рецепта {id} нет.",
  twins: "Этот файл может быть любым из этих: {names}. Выберите рецепт.",
  merge: "Судя по имени, слияние с {family}: настройки — на странице автора.",
  mergeNear: "Судя по имени, слияние с {family}: настройки — на странице автора. Близкие рецепты: {names}.",
  checking: "Файл читается…",
  absent: "Файла пока нет в {folder}.",
  notKnown: "Не распознан: {what}. Если вы знаете, какой это ускоритель, выберите рецепт.",
  notKnownFor: "Не распознан: {what} для {base}. Если вы знаете, какой это ускоритель, выберите рецепт.",
  told: "{text}.",
  assumesTable: "Нарисовано по уровням шума Stable Diffusion; при запуске берутся уровни самой модели.",
  assumesShift: "Нарисовано для потоковой модели со сдвигом {shift}; при запуске берётся сдвиг самой модели.",
  patched: "{title} меняет уровни шума модели; кривая показана для Stable Diffusion.",
  steps: "шагов {n}",
  cfg: "CFG {n}",
  byHand: "рецепт выбран вручную",
  by: "распознан: {how}",
  sha256: "sha256",
  "its own metadata": "по его метаданным",
  "file name": "по имени файла",
  "folder name": "по имени папки",
  needs: "Нужно: {what}.",
  gamma: "gamma {n}",
  strength: "сила {n}",
  warning: "Внимание: {text}",
  blocked: "Здесь не запускается: {why}",
  madeForSteps: "Рассчитан на {span} шагов, а задано {steps}.",
  madeForCfg: "Рассчитан на CFG {span}, а задано {cfg}.",
  noList: "У {name} нет расписания на {steps} шагов. Задайте одно из чисел: {known}.",
  noSteps: "Шагов задано {steps}; задайте 1 или больше.",
  tooLow:
    "Шумоподавление {denoise} слишком мало даже для одного шага. Увеличьте его или задайте 0, чтобы оставить латент прежним.",
  tooMany:
    "При шумоподавлении {denoise} помещается не больше {largest} шагов, а задано {steps}. Задайте {largest} или меньше.",
  belowAll:
    "Шумоподавление {denoise} начинается с t = {start}, ниже всех временных шагов этого расписания. Задайте шумоподавление от {lowest} или больше шагов.",
  listEmpty:
    "Список временных шагов пуст. Запишите целые числа от 999 до 0 (999, 499) или доли единицы (1.0, 0.5).",
  listEntry:
    "«{entry}» — не временной шаг. Запишите целые числа от 999 до 0 (999, 499) или доли единицы (1.0, 0.5).",
  listGap: 'В «{text}» перед запятой или точкой с запятой ничего нет. Уберите лишний знак.',
  listDecimal:
    'В «{text}» дробная часть отделена запятой, а запятая здесь разделяет значения. Пишите через точку: {pointed}.',
  listOrder: "Временной шаг «{entry}» не ниже предыдущего. Запишите их по убыванию.",
  listRange:
    "Временной шаг «{entry}» вне диапазона. Запишите целые числа от 999 до 0 (999, 499) или доли единицы (1.0, 0.5). В статьях со счётом до 1000 это на единицу меньше.",
};

/** @type {Record<string, typeof en>} */
export const LANGUAGES = { en, zh, ja, ru };

/** @typedef {(key: string, values?: Record<string, unknown>) => string} Say */

/** Sentences in the language of a locale such as `zh-TW`; English where there is none. */
export const sayIn = (/** @type {string} */ locale) => {
  const language = String(locale).split("-")[0];
  /** @type {Record<string, string>} */
  const words = LANGUAGES[language] ?? en;
  /** @type {Say} */
  const say = (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (_, name) => inWordsOf(language, String(values[name] ?? "")));
  return say;
};

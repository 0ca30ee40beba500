/**
 * Every word the element shows, in every language. One line per message; `{name}` is filled in by `Language.say`.
 * Errors are keyed by their code; a list holds the wording with details first and the one that needs none last.
 * @satisfies {Record<string, import("./localize.js").Message>}
 */
export const MESSAGES = {
  // The element
  "element.label": {
    en: "lastlayer: train an image classifier on your own photos",
    zh: "lastlayer：用自己的照片训练图像分类器",
  },
  "element.language": { en: "Language", zh: "语言" },
  "element.dismiss": { en: "Dismiss", zh: "关闭" },
  "element.retry": { en: "Try again", zh: "重试" },
  "element.cancel": { en: "Cancel", zh: "取消" },

  "unreadable.title": {
    en: {
      one: "The file of {count} photo can no longer be read: {names}. It was changed, moved or deleted after it was added.",
      other:
        "The files of {count} photos can no longer be read: {names}. They were changed, moved or deleted after they were added.",
    },
    zh: "有 {count} 张照片的文件已无法读取：{names}。这些文件在添加之后被修改、移动或删除了。",
  },
  "unreadable.remove": { en: { one: "Remove it and go on", other: "Remove them and go on" }, zh: "移除并继续" },
  "unreadable.anew": {
    en: { one: "Remove it and train from the start", other: "Remove them and train from the start" },
    zh: "移除并从头训练",
  },
  "unreadable.keep": { en: { one: "Keep it", other: "Keep them" }, zh: "保留" },
  "list.others": { en: "{count} more", zh: "另外 {count} 个" },

  // Status
  "status.idle": {
    en: "Ready when you are. The network is downloaded once, when you begin.",
    zh: "随时可以开始。网络只需下载一次，开始使用时自动进行。",
  },
  "status.preparing": { en: "Starting …", zh: "正在启动……" },
  "status.downloading": { en: "Downloading the network: {done} of {total}", zh: "正在下载网络：{done} / {total}" },
  "status.downloadLabel": { en: "Download", zh: "下载进度" },
  "status.compiling": { en: "Downloaded. Preparing the network …", zh: "下载完成，正在准备网络……" },
  "status.ready": { en: "Ready.", zh: "已就绪。" },
  "status.failed": { en: "The network could not be started.", zh: "网络未能启动。" },
  "status.device.webgpu": { en: "Graphics card (WebGPU)", zh: "显卡（WebGPU）" },
  "status.device.cpu": { en: "Processor (CPU)", zh: "处理器（CPU）" },
  "status.reason.requested": { en: "As this page asked.", zh: "由本页面指定。" },
  "status.reason.hardware-adapter": { en: "The fastest way in this browser.", zh: "这是当前浏览器中最快的方式。" },
  "status.reason.no-webgpu": {
    en: "This browser has no WebGPU, so the processor does the work. Slower, with the same results.",
    zh: "此浏览器不支持 WebGPU，改由处理器计算。速度较慢，结果相同。",
  },
  "status.reason.no-adapter": {
    en: "WebGPU found no graphics card, so the processor does the work. Slower, with the same results.",
    zh: "WebGPU 没有找到可用的显卡，改由处理器计算。速度较慢，结果相同。",
  },
  "status.reason.software-adapter": {
    en: "WebGPU here only imitates a graphics card in software; the processor itself is faster.",
    zh: "此处的 WebGPU 只是用软件模拟显卡，直接用处理器反而更快。",
  },
  "status.reason.webgpu-timeout": {
    en: "WebGPU did not answer, so the processor does the work. Slower, with the same results.",
    zh: "WebGPU 没有响应，改由处理器计算。速度较慢，结果相同。",
  },
  "status.reason.webgpu-failed": {
    en: "WebGPU did not start, so the processor does the work. Slower, with the same results.",
    zh: "WebGPU 启动失败，改由处理器计算。速度较慢，结果相同。",
  },
  "status.reason.webgpu-not-served": {
    en: "This site has no WebGPU module, or none yet, so the processor does the work. Slower, with the same results.",
    zh: "本站没有（或尚未生成）WebGPU 模块，因此由处理器计算。速度较慢，结果相同。",
  },
  "status.private": { en: "Your photos never leave this device.", zh: "照片始终留在这台设备上。" },
  "status.noise": {
    en: "This browser adds noise to the pixels that pages read (a protection against tracking). Results can differ slightly from other browsers.",
    zh: "此浏览器会在网页读取的像素中加入噪点（用于防跟踪），结果可能与其他浏览器略有出入。",
  },
  "status.restarted": {
    en: "The computation was interrupted and has been restarted, with your photos and your classifier.",
    zh: "计算曾意外中断，现已连同照片和分类器一起恢复。",
  },

  // The network
  "network.title": { en: "Network:", zh: "网络：" },
  "network.change": { en: "Change …", zh: "更换……" },
  "network.close": { en: "Close", zh: "收起" },
  "network.choice": { en: "Choice of the network", zh: "选择网络" },
  "network.site": { en: "Networks of this site", zh: "本站提供的网络" },
  "network.kept": { en: "Kept in this browser", zh: "保存在此浏览器中" },
  "network.note.efficientnet_lite0": {
    en: "The quickest, and the best on most photos",
    zh: "速度最快，对大多数照片效果最好",
  },
  "network.note.efficientnet_lite1": {
    en: "Knows ImageNet better, slower; better on drawings",
    zh: "更熟悉 ImageNet，较慢；对手绘图更好",
  },
  "network.note.efficientnet_lite2": { en: "Knows ImageNet best, slowest", zh: "最熟悉 ImageNet，最慢" },
  "network.numbers": {
    en: "{size}, {parameters} million parameters, sees {pixels} × {pixels} pixels",
    zh: "{size}，{parameters} 百万参数，看到 {pixels} × {pixels} 像素",
  },
  "network.use": { en: "Use", zh: "使用" },
  "network.useName": { en: "Use {name}", zh: "使用 {name}" },
  "network.inUse": { en: "In use", zh: "使用中" },
  "network.forget": { en: "Remove {name} from this browser", zh: "从此浏览器中删除 {name}" },
  "network.removed": { en: "The network was removed from this browser.", zh: "已从此浏览器中删除该网络。" },
  "network.file": { en: "A network of your own", zh: "你自己的网络文件" },
  "network.fileHint": {
    en: "Drop a file here, .safetensors, .pth or .pt: a ResNet, VGG, MobileNetV2 or EfficientNet-Lite from PyTorch. It stays on this device, and nothing in it is run.",
    zh: "把 .safetensors、.pth 或 .pt 文件拖到这里：来自 PyTorch 的 ResNet、VGG、MobileNetV2 或 EfficientNet-Lite。文件只留在这台设备上，其中的任何程序都不会运行。",
  },
  "network.pick": { en: "Choose a file", zh: "选择文件" },
  "network.facts": {
    en: [
      "{file}: {name}, {stages} stages, sees {size} × {size} pixels, has {classes} classes of its own.",
      "{file}: {name}, {stages} stages, sees {size} × {size} pixels, has no classes of its own: train it before you ask it.",
    ],
    zh: [
      "{file}：{name}，{stages} 个阶段，看到 {size} × {size} 像素，自带 {classes} 个类别。",
      "{file}：{name}，{stages} 个阶段，看到 {size} × {size} 像素，没有自己的类别：需要先训练才能识别。",
    ],
  },
  "network.keep": {
    en: ["Keep this network in this browser ({size})", "Keep this network in this browser"],
    zh: ["在此浏览器中保存该网络（{size}）", "在此浏览器中保存该网络"],
  },
  "network.storing": { en: "Keeping it …", zh: "正在保存……" },
  "network.keptNow": {
    en: "The network is kept in this browser, and is there next time without a network connection, too.",
    zh: "网络已保存在此浏览器中，下次断网时也能使用。",
  },
  "network.keepImpossible": {
    en: "This browser keeps no files for this page: bring the file again next time.",
    zh: "此浏览器不为本页面保存文件，下次需要重新选择文件。",
  },
  "network.changing": { en: "Preparing {name} …", zh: "正在准备 {name}……" },
  "network.photos": {
    en: "Reading the photos for it: {done} of {total}",
    zh: "正在为新网络读取照片：{done} / {total}",
  },
  "network.changed": { en: "In use now: {name}.", zh: "现在使用：{name}。" },
  "network.cancelled": {
    en: "The network was not changed.",
    zh: "没有更换网络。",
  },
  "network.busy": {
    en: "The network can be changed when what is running has ended.",
    zh: "当前任务结束后即可更换网络。",
  },
  "network.consequence": {
    en: "Photos, classes and options stay when the network is changed. A classifier belongs to its network: train again with the new one.",
    zh: "更换网络后，照片、类别和选项都会保留。分类器只属于训练它的网络，换用新网络后请重新训练。",
  },
  "network.asked": {
    en: "Your classifier belongs to the network in use. What shall become of it?",
    zh: "分类器属于当前的网络，要怎样处理它？",
  },
  "network.askUnsaved": {
    en: "The classifier you trained belongs to the network in use, and is not saved. With {name} it is gone.",
    zh: "你训练的分类器属于当前的网络，而且尚未保存。换用 {name} 后它将丢失。",
  },
  "network.askPausedToo": {
    en: "So is the training that is paused.",
    zh: "暂停的训练也会丢失。",
  },
  "network.askPaused": {
    en: "The training that is paused cannot go on with {name}: it is gone then.",
    zh: "暂停的训练无法用 {name} 继续，更换后将丢失。",
  },
  "network.saveAndChange": { en: "Save the model, then change", zh: "保存模型并更换" },
  "network.changeUnsaved": { en: "Change without saving", zh: "不保存，直接更换" },
  "network.changeAnyway": { en: "Change all the same", zh: "仍然更换" },
  "network.stay": { en: "Keep the network as it is", zh: "不更换" },
  "network.startFrom": {
    en: "Use this model as the starting point of the next task",
    zh: "以这个模型作为下一个任务的起点",
  },
  "names.numbered": {
    en: "The names of its {count} classes are not in the file, so they are numbered.",
    zh: "文件中没有这 {count} 个类别的名称，因此用编号表示。",
  },
  "names.given": { en: "Its {count} classes have the names that you gave.", zh: "这 {count} 个类别使用你给出的名称。" },
  "names.give": { en: "Give them names", zh: "给它们命名" },
  "names.change": { en: "Change the names", zh: "修改名称" },
  "names.label": {
    en: "{count} names, one in a line, in the order of the network’s outputs",
    zh: "{count} 个名称，每行一个，按网络输出的顺序",
  },
  "names.count": { en: "{given} of {count}", zh: "{given} / {count}" },
  "names.wrongCount": {
    en: "The network has {count} classes, and here are {given} names. One name in each line.",
    zh: "网络有 {count} 个类别，而这里有 {given} 个名称。请每行写一个名称。",
  },
  "names.noText": {
    en: "This is no text in UTF-8. Save it as plain text in UTF-8, one name in each line.",
    zh: "这不是 UTF-8 文本。请另存为 UTF-8 纯文本，每行一个名称。",
  },
  "names.apply": { en: "Use these names", zh: "使用这些名称" },
  "names.file": { en: "Out of a text file", zh: "从文本文件读取" },

  // Dropping files
  "drop.photos": { en: "Choose photos", zh: "选择照片" },
  "drop.folder": { en: "Choose a folder", zh: "选择文件夹" },
  "drop.noFile": {
    en: "What was dropped is a link or text, not an image file. Save the image on this device first, then drop the file here.",
    zh: "拖来的是链接或文字，不是图片文件。请先把图片保存到本机，再把文件拖到这里。",
  },

  // Photos
  "photos.title": { en: "Photos", zh: "照片" },
  "photos.invite": { en: "Drop a folder of class folders here", zh: "把装有各类别文件夹的文件夹拖到这里" },
  "photos.hint": {
    en: "Each folder becomes a class, named like the folder; in folders such as “train” and “test”, each folder inside. Ten photos a class are a good start. Single photos start a new class; you can also paste them.",
    zh: "每个文件夹成为一个类别，以文件夹名命名；“train”“test”之类的文件夹则取其中的各个文件夹。每类十张照片就是不错的开始。零散的照片会归入一个新类别，也可以直接粘贴。",
  },
  "photos.more": { en: "Drop more photos or folders", zh: "继续拖入照片或文件夹" },
  "photos.summary": {
    en: { one: "{count} photo in {classes}", other: "{count} photos in {classes}" },
    zh: "{classes}，共 {count} 张照片",
  },
  "photos.classes": { en: { one: "{count} class", other: "{count} classes" }, zh: "{count} 个类别" },
  "photos.count": { en: { one: "{count} photo", other: "{count} photos" }, zh: "{count} 张照片" },
  "photos.reading": { en: "Reading photos: {done} of {total}", zh: "正在读取照片：{done} / {total}" },
  "photos.added": {
    en: { one: "{count} photo in all.", other: "{count} photos in all." },
    zh: "现在共有 {count} 张照片。",
  },
  "photos.locked": {
    en: "Photos can be changed again when the training, cross-validation or comparison has ended.",
    zh: "训练、交叉验证或比较结束后即可继续修改照片。",
  },
  "photos.noted": {
    en: { one: "{count} photo was added with a note", other: "{count} photos were added with a note" },
    zh: "有 {count} 张照片已添加，但请留意",
  },
  "photos.note.nearly-whole": {
    en: "The last bytes are missing or broken. Nearly all of the picture is there.",
    zh: "文件末尾缺失或已损坏，但画面几乎完整。",
  },
  "photos.failed": {
    en: { one: "{count} file was not added", other: "{count} files were not added" },
    zh: "有 {count} 个文件未能添加",
  },
  "photos.noImages": {
    en: { one: "{count} file that is no image: {names}", other: "{count} files that are no images: {names}" },
    zh: "{count} 个文件不是图片：{names}",
  },
  "photos.noClass": {
    en: {
      one: "{names} lies beside the class folders, and so is of no class. Put it into the folder of its class.",
      other: "{count} files lie beside the class folders, and so are of no class: {names}",
    },
    zh: "有 {count} 个文件放在各类别文件夹之外，不属于任何类别：{names}",
  },
  "photos.parts": {
    en: [
      "Photos of {photos} are here to learn from. Those of {test} are never learnt from: they wait under “Test”.",
      "Photos of {photos} are here to learn from, as one set.",
    ],
    zh: [
      "{photos} 的照片用于训练；{test} 的照片绝不参与训练，已放到“测试”中等待。",
      "{photos} 的照片合在一起用于训练。",
    ],
  },
  "photos.shortened": {
    en: "The name of the folder “{from}” is too long for a class. It is called “{to}” here; you can rename it.",
    zh: "文件夹名“{from}”作为类别名称过长，这里改为“{to}”，可以重新命名。",
  },
  "photos.duplicate": {
    en: "Already there: the same photo as {original} in “{label}”.",
    zh: "已经存在：与“{label}”中的 {original} 是同一张照片。",
  },

  // Classes
  "class.default": { en: "Class {number}", zh: "类别 {number}" },
  "class.name": { en: "Name of the class", zh: "类别名称" },
  "class.list": { en: "Classes", zh: "类别" },
  "class.add": { en: "Add a class", zh: "添加类别" },
  "class.addPhotos": { en: "Add photos to “{label}”", zh: "为“{label}”添加照片" },
  "class.remove": { en: "Remove the class “{label}”", zh: "删除类别“{label}”" },
  "class.confirm": {
    en: { one: "Remove with its {count} photo", other: "Remove with its {count} photos" },
    zh: "连同 {count} 张照片一起删除",
  },
  "class.keep": { en: "Keep", zh: "保留" },
  "class.empty": { en: "Drop photos of this class here", zh: "把这一类的照片拖到这里" },
  "class.showAll": { en: "Show {count} more", zh: "再显示 {count} 张" },
  "class.showFewer": { en: "Show fewer", zh: "收起" },

  // One photo
  "photo.open": { en: "{name}: enlarge, move or remove", zh: "{name}：放大、移动或删除" },
  "photo.move": { en: "Class", zh: "所属类别" },
  "photo.remove": { en: "Remove photo", zh: "删除照片" },
  "photo.previous": { en: "Previous photo", zh: "上一张" },
  "photo.next": { en: "Next photo", zh: "下一张" },
  "photo.position": { en: "{number} of {count}", zh: "第 {number} 张，共 {count} 张" },
  "photo.close": { en: "Close", zh: "关闭" },

  // Training
  "train.title": { en: "Train", zh: "训练" },
  "train.intro": {
    en: "Everything the network knows about images is kept. Only its last layer is new, and learns your classes.",
    zh: "网络已有的图像知识全部保留，只有最后一层是全新的，由它学习你的类别。",
  },
  "train.button": { en: "Train", zh: "开始训练" },
  "train.again": { en: "Train again", zh: "重新训练" },
  "train.needClasses": { en: "Training needs at least two classes.", zh: "训练至少需要两个类别。" },
  "train.needPhotos": { en: "No photos yet in {labels}.", zh: "{labels} 还没有照片。" },
  "train.needReading": { en: "The photos are still being read.", zh: "照片还在读取中。" },
  "train.needNetwork": { en: "Another network is being prepared.", zh: "正在准备另一个网络。" },
  "train.needOptions": { en: "One of the options is out of its range.", zh: "有一个选项超出了取值范围。" },
  "train.noHoldout": {
    en: "With one photo per class nothing can be held out, so there will be no score. Two or more are better.",
    zh: "每类只有一张照片，无法留出照片做验证，因此不会有成绩。最好每类两张以上。",
  },
  "train.provisional": {
    en: {
      one: "First impression from {count} photo: {top1} told right when left out, {low} to {high} expected on new ones. Training makes it thorough.",
      other:
        "First impression from {count} photos: {top1} are told right when left out, {low} to {high} expected on new ones. Training makes it thorough.",
    },
    zh: "根据 {count} 张照片的初步印象：逐张留出时识别正确 {top1}，对新照片为 {low} 到 {high}。训练后更可靠。",
  },
  "train.provisionalNoScore": {
    en: "There is a first classifier already. It takes two different photos of a class to say how good it is.",
    zh: "初步分类器已就绪。同一类别至少要有两张不同的照片，才能评估它的好坏。",
  },
  "train.options": { en: "Advanced options", zh: "高级选项" },
  "train.reset": { en: "Back to defaults", zh: "恢复默认值" },
  "train.range": { en: "{min} to {max}", zh: "{min} 到 {max}" },
  "train.progressLabel": { en: "Training", zh: "训练进度" },
  "train.starting": { en: "Starting …", zh: "正在开始……" },
  "train.embed": { en: "Looking at the pictures: {done} of {total}", zh: "正在提取图片特征：{done} / {total}" },
  "train.holdout": {
    en: "Finding the best number of epochs: epoch {epoch} of at most {epochs}",
    zh: "正在寻找最合适的轮数：第 {epoch} 轮，最多 {epochs} 轮",
  },
  "train.measure": {
    en: "Training without the held-out photos, to measure: epoch {epoch} of {epochs}",
    zh: "正在避开留出的照片训练，以便评估：第 {epoch} 轮，共 {epochs} 轮",
  },
  "train.refit": {
    en: "Training on all photos: epoch {epoch} of {epochs}",
    zh: "正在用全部照片训练：第 {epoch} 轮，共 {epochs} 轮",
  },
  "train.cancelled": { en: "Training cancelled. Nothing else was changed.", zh: "训练已取消，其他内容没有变化。" },
  "train.pause": { en: "Pause", zh: "暂停" },
  "train.paused": { en: "Training paused.", zh: "训练已暂停。" },
  "train.pausedText": {
    en: "The training is paused. It can go on from where it stopped as long as the photos and classes are the same.",
    zh: "训练已暂停。只要照片和类别没有变化，就可以从中断处继续。",
  },
  "train.resume": { en: "Continue", zh: "继续" },
  "train.discard": { en: "Discard", zh: "放弃" },
  "train.stale": {
    en: "Photos or classes have changed since this training. Train again to include them.",
    zh: "训练之后照片或类别有改动，重新训练才会生效。",
  },
  "train.done": { en: "Training finished.", zh: "训练完成。" },
  "train.doneScore": { en: "Training finished. Validation top-1: {top1}.", zh: "训练完成，验证集 top-1 为 {top1}。" },

  // Curves
  "curves.loss": { en: "Loss", zh: "损失" },
  "curves.top1": { en: "Top-1", zh: "Top-1" },
  "curves.epoch": { en: "Epoch", zh: "轮次" },
  "curves.train": { en: "Training", zh: "训练集" },
  "curves.validation": { en: "Validation", zh: "验证集" },
  "curves.chosen": { en: "chosen", zh: "选定" },
  "curves.overfitting": { en: "overfitting", zh: "过拟合" },
  "curves.lossLabel": {
    en: [
      "Loss after {epoch} epochs: {train} on training photos, {validation} on held-out photos",
      "Loss after {epoch} epochs: {train} on training photos",
    ],
    zh: ["{epoch} 轮后的损失：训练照片 {train}，留出照片 {validation}", "{epoch} 轮后的损失：训练照片 {train}"],
  },
  "curves.top1Label": {
    en: [
      "Top-1 after {epoch} epochs: {train} on training photos, {validation} on held-out photos",
      "Top-1 after {epoch} epochs: {train} on training photos",
    ],
    zh: ["{epoch} 轮后的 top-1：训练照片 {train}，留出照片 {validation}", "{epoch} 轮后的 top-1：训练照片 {train}"],
  },
  "curves.table": { en: "The numbers, epoch by epoch", zh: "逐轮数据" },

  // The result of a training
  "report.top1": { en: "top-1", zh: "top-1" },
  "report.top5": { en: "top-5", zh: "top-5" },
  "report.top1Help": { en: "the first guess is right", zh: "首选猜测正确" },
  "report.top5Help": { en: "the right class is among five guesses", zh: "正确类别在前五个猜测之中" },
  "report.on": {
    en: { one: "on {count} held-out photo", other: "on {count} held-out photos" },
    zh: "基于 {count} 张留出的照片",
  },
  "report.explain": {
    en: [
      "{heldOut} of {all} photos were held out, about the same share of every class but {uncovered}, with near-duplicates kept together, and never trained on. They chose the number of epochs: of {tried} tried, epoch {epochs} had the lowest validation loss. The classifier you now have was then trained afresh on all {all} photos for {epochs} epochs.",
      "{heldOut} of {all} photos were held out, about the same share of every class with near-duplicates kept together, and never trained on. They chose the number of epochs: of {tried} tried, epoch {epochs} had the lowest validation loss. The classifier you now have was then trained afresh on all {all} photos for {epochs} epochs.",
    ],
    zh: [
      "从 {all} 张照片中留出了 {heldOut} 张（除 {uncovered} 外，各类别大致等比例，近似重复的照片不拆开），不参与训练，用来确定轮数：试了 {tried} 轮，第 {epochs} 轮的验证损失最低。随后用全部 {all} 张照片重新训练 {epochs} 轮，得到现在的分类器。",
      "从 {all} 张照片中按类别大致等比例留出了 {heldOut} 张（近似重复的照片不拆开），不参与训练，用来确定轮数：试了 {tried} 轮，第 {epochs} 轮的验证损失最低。随后用全部 {all} 张照片重新训练 {epochs} 轮，得到现在的分类器。",
    ],
  },
  "report.reducedBatch": {
    en: "Steps of {asked} photos would not have fitted into memory: within {mebibytes} MiB there was room for {used} at a time.",
    zh: "每一步 {asked} 张照片超出了内存限制：在 {mebibytes} MiB 之内，每一步使用了 {used} 张。",
  },
  "report.reduced": {
    en: "That many photos would not have fitted into memory as asked: within {mebibytes} MiB there was room for {drawsUsed} of {drawsAsked} augmented draws of each, and for {stagesUsed} of the last {stagesAsked} stages to learn.",
    zh: "照片太多，内存放不下所要求的全部内容：在 {mebibytes} MiB 之内，每张照片使用了 {drawsAsked} 个增强版本中的 {drawsUsed} 个，最后 {stagesAsked} 个阶段中有 {stagesUsed} 个参与训练。",
  },
  "report.lookAlikes": {
    en: "{count} of the held-out photos have near-duplicates among the others, because their class holds nothing else. The score then says little about photos that look different: add some.",
    zh: "留出的照片中有 {count} 张在其余照片里有近似重复，因为所在类别没有别的照片。这样的成绩难以说明对其他照片的效果：请再添加一些不同的照片。",
  },
  "report.optimistic": {
    en: "The score belongs to the best of {tried} epochs, so it is slightly optimistic, and with {heldOut} photos it is coarse: a single photo moves it by {step} percentage points. The fair judge is a set of photos you have not used: drop them under “Test”.",
    zh: "这个成绩取自 {tried} 轮中最好的一轮，略偏乐观；而且只有 {heldOut} 张照片，精度有限：一张之差就是 {step} 个百分点。更公正的检验是没有用过的照片，请放到“测试”中。",
  },
  "report.fixed": {
    en: [
      "{heldOut} of {all} photos were held out, about the same share of every class but {uncovered}, with near-duplicates kept together, and never trained on. The number of epochs, {epochs}, was fixed beforehand, since the learning rate falls over all of them: the score is of the end of that training, and nothing was chosen by it. The classifier you now have was then trained afresh on all {all} photos for {epochs} epochs.",
      "{heldOut} of {all} photos were held out, about the same share of every class with near-duplicates kept together, and never trained on. The number of epochs, {epochs}, was fixed beforehand, since the learning rate falls over all of them: the score is of the end of that training, and nothing was chosen by it. The classifier you now have was then trained afresh on all {all} photos for {epochs} epochs.",
    ],
    zh: [
      "从 {all} 张照片中留出了 {heldOut} 张（除 {uncovered} 外，各类别大致等比例，近似重复的照片不拆开），不参与训练。轮数事先定为 {epochs} 轮，因为学习率要在全部轮次中逐渐下降：成绩取自训练结束之时，没有用它挑选任何东西。随后用全部 {all} 张照片重新训练 {epochs} 轮，得到现在的分类器。",
      "从 {all} 张照片中按类别大致等比例留出了 {heldOut} 张（近似重复的照片不拆开），不参与训练。轮数事先定为 {epochs} 轮，因为学习率要在全部轮次中逐渐下降：成绩取自训练结束之时，没有用它挑选任何东西。随后用全部 {all} 张照片重新训练 {epochs} 轮，得到现在的分类器。",
    ],
  },
  "report.neverHeldOut": {
    en: "Not judged: {labels}. Of a single photo none can be held out, so the score says nothing of it. Add different ones.",
    zh: "未参与评判：{labels}。只有一张照片，无法留出，成绩不能说明这些类别的效果。请添加不同的照片。",
  },
  "report.coarse": {
    en: "With {heldOut} photos the score is coarse: a single photo moves it by {step} percentage points. Choosing options by it makes it optimistic; the fair judge is then a set of photos you have not used: drop them under “Test”.",
    zh: "只有 {heldOut} 张照片，成绩精度有限：一张之差就是 {step} 个百分点。若反复用它来挑选选项，它就会偏乐观；那时更公正的检验是没有用过的照片，请放到“测试”中。",
  },
  "report.noHoldout": {
    en: "There were too few different photos to hold any out, so there is no honest score: all {all} photos were trained on, for {epochs} epochs. Test with photos you have not used.",
    zh: "互不相同的照片太少，无法留出验证照片，因此没有可信的成绩：全部 {all} 张照片都用于训练，共 {epochs} 轮。请用没有用过的照片来测试。",
  },
  "report.time": { en: "{photos} photos, {seconds}", zh: "{photos} 张照片，用时 {seconds}" },

  // Overfitting, where the curves show it
  "overfitting.what": {
    en: "Overfitting: after epoch {epoch} the loss on held-out photos rose again, from {low} to {last}, while the network went on learning its own photos. At the end it had {train} of those right, and {validation} of the others.",
    zh: "过拟合：第 {epoch} 轮之后，留出照片上的损失从 {low} 回升到 {last}，而网络仍在继续记住自己的训练照片。结束时训练照片的正确率为 {train}，留出照片为 {validation}。",
  },
  "overfitting.stopped": {
    en: "The classifier you have stopped before that.",
    zh: "你现有的分类器在此之前就停止了训练。",
  },
  "overfitting.advice": {
    en: "More photos help, or augmented ones, or retraining fewer stages.",
    zh: "增加照片、使用数据增强，或减少参与训练的阶段，都会有帮助。",
  },

  // Comparing ways to train
  "comparison.title": { en: "Compare ways to train", zh: "比较不同的训练方式" },
  "comparison.intro": {
    en: "Each way learns from the same two thirds of your photos and is judged on the same last third, so what differs is the way alone. The number of epochs is fixed beforehand. Your classifier stays as it is. Without a graphics card this takes a few minutes, with augmentation several times as long.",
    zh: "每种方式都用同样三分之二的照片学习，并用同样的另外三分之一评判，因此差别只来自训练方式。轮数事先固定。你现有的分类器不会改变。没有显卡时需要几分钟，使用数据增强则要数倍时间。",
  },
  "comparison.choice": { en: "What to compare", zh: "要比较的方式" },
  "comparison.plain": { en: "Photos as they are", zh: "原始照片" },
  "comparison.augmented": { en: "Augmented", zh: "数据增强" },
  "comparison.augmentedName": { en: "{name}, augmented", zh: "{name}（数据增强）" },
  "comparison.button": { en: "Compare", zh: "开始比较" },
  "comparison.again": { en: "Compare again", zh: "重新比较" },
  "comparison.needPhotos": {
    en: "A comparison needs at least two classes with photos, and two photos in one of them.",
    zh: "比较至少需要两个有照片的类别，且其中一个至少有两张照片。",
  },
  "comparison.needRuns": { en: "Choose from two to {most} ways.", zh: "请选择两种到 {most} 种方式。" },
  "comparison.starting": { en: "Starting …", zh: "正在开始……" },
  "comparison.embed": { en: "Looking at the pictures: {done} of {total}", zh: "正在提取图片特征：{done} / {total}" },
  "comparison.runEmbed": {
    en: "{number} of {runs}, {name}: looking at the pictures, {done} of {total}",
    zh: "第 {number} 种，共 {runs} 种（{name}）：正在提取图片特征，{done} / {total}",
  },
  "comparison.run": {
    en: "{number} of {runs}, {name}: epoch {epoch} of {epochs}",
    zh: "第 {number} 种，共 {runs} 种（{name}）：第 {epoch} 轮，共 {epochs} 轮",
  },
  "comparison.progressLabel": { en: "Comparison", zh: "比较进度" },
  "comparison.cancelled": { en: "Comparison cancelled. Nothing was changed.", zh: "比较已取消，没有任何变化。" },
  "comparison.missing": {
    en: "It ended early. Not finished, and not shown: {labels}.",
    zh: "比较提前结束。未完成、因此没有列出的有：{labels}。",
  },
  "comparison.done": { en: "Comparison finished.", zh: "比较完成。" },
  "comparison.running": { en: "A comparison is under way.", zh: "正在进行比较。" },
  "comparison.stale": {
    en: "Photos or classes have changed since this comparison.",
    zh: "这次比较之后，照片或类别有改动。",
  },
  "comparison.basis": {
    en: {
      one: "Learnt from {learnt} photos, judged on {count} other photo; {seconds} in all.",
      other: "Learnt from {learnt} photos, judged on {count} others; {seconds} in all.",
    },
    zh: "用 {learnt} 张照片学习，用另外 {count} 张评判，共用时 {seconds}。",
  },
  "comparison.runColumn": { en: "Way to train", zh: "训练方式" },
  "comparison.accuracyColumn": { en: "Accuracy on the held-out photos", zh: "留出照片上的准确率" },
  "comparison.detail": {
    en: "{epochs} epochs, {seconds}; {train} of its own photos right",
    zh: "{epochs} 轮，{seconds}；自己的训练照片正确率 {train}",
  },
  "comparison.inputSize": {
    en: "It sees pictures of {size} × {size} pixels.",
    zh: "看到的图片为 {size} × {size} 像素。",
  },
  "comparison.interval": { en: "{low} to {high} on new photos", zh: "对新照片为 {low} 到 {high}" },
  "comparison.better": {
    en: "“{name}” is better than “{first}”: by {points} percentage points, and on new photos by {low} to {high}.",
    zh: "“{name}”优于“{first}”：相差 {points} 个百分点，对新照片为 {low} 到 {high}。",
  },
  "comparison.worse": {
    en: "“{name}” is worse than “{first}”: by {points} percentage points, and on new photos by {low} to {high}.",
    zh: "“{name}”不如“{first}”：相差 {points} 个百分点，对新照片为 {low} 到 {high}。",
  },
  "comparison.unclear": {
    en: "Too few photos to tell “{name}” from “{first}”: {points} percentage points here, and on new photos anything from {low} to {high}.",
    zh: "照片太少，无法判断“{name}”与“{first}”孰优孰劣：此处相差 {points} 个百分点，对新照片可能在 {low} 到 {high} 之间。",
  },
  "comparison.counts": {
    en: "Right by “{name}” alone: {onlyThis}; by “{first}” alone: {onlyFirst}.",
    zh: "只有“{name}”答对：{onlyThis} 张；只有“{first}”答对：{onlyFirst} 张。",
  },
  "comparison.numbers": { en: "The numbers of “{name}”, epoch by epoch", zh: "“{name}”的逐轮数据" },
  "comparison.end": { en: "{name} {value}", zh: "{name} {value}" },
  "comparison.lossLabel": { en: "Loss on held-out photos at the end: {ends}", zh: "最后在留出照片上的损失：{ends}" },
  "comparison.top1Label": { en: "Top-1 on held-out photos at the end: {ends}", zh: "最后在留出照片上的 top-1：{ends}" },

  // Cross-validation
  "evaluation.title": { en: "The score on new photos", zh: "对新照片的成绩" },
  "evaluation.button": { en: "Cross-validate", zh: "交叉验证" },
  "evaluation.again": { en: "Cross-validate again", zh: "重新交叉验证" },
  "evaluation.intro": {
    en: "Every photo is judged once, by a classifier that never saw it; this takes about as long as five trainings: seconds, where only the last layer learns.",
    zh: "每张照片都由一个从未见过它的分类器评判一次；用时约等于训练五次：只训练最后一层时不过几秒。",
  },
  "evaluation.need": {
    en: "Cross-validation needs at least two classes, and photos in each of them.",
    zh: "交叉验证至少需要两个类别，且每个类别都要有照片。",
  },
  "evaluation.starting": { en: "Starting …", zh: "正在开始……" },
  "evaluation.embed": {
    en: "Looking at the new pictures: {done} of {total}",
    zh: "正在提取新图片的特征：{done} / {total}",
  },
  "evaluation.fold": { en: "Fold {fold} of {folds}", zh: "第 {fold} 折，共 {folds} 折" },
  "evaluation.progressLabel": { en: "Cross-validation", zh: "交叉验证进度" },
  "evaluation.cancelled": {
    en: "Cross-validation cancelled. Nothing was changed.",
    zh: "交叉验证已取消，没有任何变化。",
  },
  "evaluation.done": {
    en: "Cross-validation finished. Accuracy on photos it had not seen: {top1}.",
    zh: "交叉验证完成，对未见过的照片准确率为 {top1}。",
  },
  "evaluation.running": { en: "A cross-validation is under way.", zh: "正在进行交叉验证。" },
  "evaluation.stale": {
    en: "Photos or classes have changed since. When you are done, train and cross-validate again.",
    zh: "此后照片或类别有改动。改完之后，请重新训练并重新交叉验证。",
  },
  "evaluation.accuracy": { en: "accuracy", zh: "准确率" },
  "evaluation.accuracyHelp": { en: "on photos it had not seen", zh: "对未见过的照片" },
  "evaluation.basis": {
    en: {
      one: "{count} photo, judged in {folds} folds of {epochs} epochs each",
      other: "{count} photos, judged in {folds} folds of {epochs} epochs each",
    },
    zh: "{count} 张照片，分 {folds} 折评判，每折训练 {epochs} 轮",
  },
  "evaluation.interval": {
    en: "With more photos of the same kind, expect it to be right {low} to {high} of the time. That range holds for 19 trainings out of 20; more photos make it narrower.",
    zh: "对更多同类照片，预计准确率在 {low} 到 {high} 之间。二十次训练中约有十九次落在这个范围内；照片越多，范围越窄。",
  },
  "evaluation.applied": {
    en: "Your classifier has learnt from this how sure it may be: its probabilities are now adjusted so that 80% means right about four times out of five, in the saved model too.",
    zh: "分类器由此校准了把握程度：概率已经调整，说 80% 时，大约五次里对四次；保存的模型也是如此。",
  },
  "evaluation.notApplied": {
    en: "The classifier you have was not taught just now on these very photos, so its probabilities were left as they are. Train and cross-validate again to adjust them.",
    zh: "现有的分类器不是刚刚用这些照片训练的，因此没有调整它的概率。重新训练并交叉验证即可调整。",
  },
  "evaluation.neverHeldOut": {
    en: "Not covered by this score: {labels}. Where a class has one photo, or only copies of one, none can be held out. Add different ones.",
    zh: "以下类别不在成绩之内：{labels}。只有一张照片，或全是同一张的近似副本，就无法留出。请添加不同的照片。",
  },
  "evaluation.nearDuplicates": {
    en: {
      one: "{count} group of photos that are nearly the same was kept together: nothing is judged by its own copy",
      other: "{count} groups of photos that are nearly the same were kept together: nothing is judged by its own copy",
    },
    zh: "有 {count} 组几乎相同的照片，每组都放在同一折：不会用副本来评判自己",
  },
  "evaluation.perClass": { en: "Class by class", zh: "各类别" },
  "evaluation.class": { en: "Class", zh: "类别" },
  "evaluation.recall": { en: "Recall", zh: "召回率" },
  "evaluation.precision": { en: "Precision", zh: "精确率" },
  "evaluation.support": { en: "Photos", zh: "照片数" },
  "evaluation.perClassHelp": {
    en: "Recall: how many photos of the class were recognised. Precision: how often it is right when it names the class.",
    zh: "召回率：这一类的照片有多少被认出。精确率：判为这一类时有多少是对的。",
  },
  "evaluation.confusion": { en: "What was taken for what", zh: "混淆矩阵" },
  "evaluation.confusionHelp": {
    en: "Rows: the class a photo is in. Columns: the class it was taken for. Framed: right.",
    zh: "行：照片所属的类别。列：被判为的类别。带框的是判对的。",
  },
  "evaluation.confusionPairs": {
    en: {
      one: "The {shown} pair of classes mixed up most often; the table of all {classes} classes would have {cells} cells.",
      other:
        "The {shown} pairs of classes mixed up most often, of {count}; the table of all {classes} classes would have {cells} cells.",
    },
    zh: "最常混淆的 {shown} 对类别（共 {count} 对）；全部 {classes} 个类别的表会有 {cells} 个格子。",
  },
  "evaluation.noConfusion": { en: "No class was taken for another.", zh: "没有类别被认错。" },
  "evaluation.trueClass": { en: "Is", zh: "实际" },
  "evaluation.takenFor": { en: "Taken for", zh: "判为" },
  "evaluation.takenShare": { en: "{part} of {of}", zh: "{part} / {of}" },
  "evaluation.trueAndPredicted": { en: "Is ↓ taken for →", zh: "实际 ↓ 判为 →" },
  "evaluation.cellRight": { en: "right", zh: "正确" },
  "suspicious.title": { en: "Suspicious labels", zh: "可疑的标签" },
  "suspicious.intro": {
    en: "These photos look like another class to a classifier that never saw them. Some may be in the wrong class, others are only hard.",
    zh: "在从未见过它们的分类器看来，这些照片更像别的类别。有些可能放错了类别，有些只是难认。",
  },
  "suspicious.none": { en: "None: every photo looks like its class.", zh: "没有：每张照片都像它所在的类别。" },
  "suspicious.settled": { en: "All looked at.", zh: "都已处理。" },
  "suspicious.is": { en: "is in “{label}”", zh: "目前在“{label}”" },
  "suspicious.looksLike": { en: "looks like “{label}” ({probability})", zh: "看起来像“{label}”（{probability}）" },
  "suspicious.move": { en: "Move to “{label}”", zh: "移到“{label}”" },
  "suspicious.remove": { en: "Remove", zh: "删除" },
  "suspicious.keep": { en: "Keep", zh: "保留" },

  // Model files
  "model.download": { en: "Save the model", zh: "保存模型" },
  "model.take": { en: "Take it along …", zh: "带到别处使用……" },
  "model.open": { en: "Open a model", zh: "打开模型" },
  "model.opened": { en: "“{name}” is open: {labels}", zh: "已打开“{name}”：{labels}" },

  // Testing
  "test.title": { en: "Test", zh: "测试" },
  "test.invite": { en: "Drop photos to be recognised", zh: "拖入要识别的照片" },
  "test.hint": {
    en: "One photo or a whole folder. With class folders you get a score. Photos dropped here are never trained on.",
    zh: "一张照片或整个文件夹都可以；按类别分好文件夹就能得到成绩。放在这里的照片绝不会用于训练。",
  },
  "test.waiting": {
    en: {
      one: "{count} photo came with your training photos, to be tested with. It is tested when the training has ended.",
      other:
        "{count} photos came with your training photos, to be tested with. They are tested when the training has ended.",
    },
    zh: "有 {count} 张测试照片随训练照片一同放入，训练结束后会自动测试。",
  },
  "test.now": { en: "Test now", zh: "现在测试" },
  "test.parts": {
    en: [
      "Only the photos of {test} are tested with; those of {photos} are for training.",
      "Only the photos of {test} are tested with.",
    ],
    zh: ["只用 {test} 的照片测试；{photos} 的照片用于训练。", "只用 {test} 的照片测试。"],
  },
  "test.model": { en: "Model", zh: "模型" },
  "test.source": { en: "Source model", zh: "源模型" },
  "test.trained": { en: "Your classifier", zh: "你的分类器" },
  "test.provisional": { en: "First classifier", zh: "初步分类器" },
  "test.provisionalNote": {
    en: {
      one: "Answers come from a first classifier of the {count} photo read so far: provisional, until you train.",
      other: "Answers come from a first classifier of the {count} photos read so far: provisional, until you train.",
    },
    zh: "当前由根据已读取的 {count} 张照片得到的初步分类器作答，训练后会被取代。",
  },
  "test.sourceNote": {
    en: "Answers come from the source model, which knows the 1000 classes of ImageNet and nothing of yours yet.",
    zh: "当前由源模型作答：它只认识 ImageNet 的 1000 个类别，还不认识你的类别。",
  },
  "test.otherSourceNote": {
    en: "Answers come from the source model, which knows {count} classes of its own and nothing of yours yet.",
    zh: "当前由源模型作答：它只认识自己的 {count} 个类别，还不认识你的类别。",
  },
  "test.muteNote": {
    en: "This network has no classes of its own: it answers once it is trained on yours.",
    zh: "此网络没有自己的类别：用你的照片训练之后才能作答。",
  },
  "test.waitingMute": {
    en: {
      one: "{count} photo waits for a classifier. It is tested when the training has ended.",
      other: "{count} photos wait for a classifier. They are tested when the training has ended.",
    },
    zh: "有 {count} 张照片在等待分类器，训练结束后会自动测试。",
  },
  "test.trainedNote": {
    en: {
      one: "Answers come from your classifier ({count} class).",
      other: "Answers come from your classifier ({count} classes).",
    },
    zh: "当前由你的分类器作答（{count} 个类别）。",
  },
  "test.running": { en: "Recognising: {done} of {total}", zh: "正在识别：{done} / {total}" },
  "test.clear": { en: "Clear", zh: "清空" },
  "test.saveTable": { en: "Save as a table (CSV)", zh: "保存为表格（CSV）" },
  "test.probabilities": { en: "The most probable classes", zh: "最可能的类别" },
  "test.truth": { en: "True class: {label}", zh: "真实类别：{label}" },
  "test.scoredOn": {
    en: {
      one: "on {count} photo whose folder names its class",
      other: "on {count} photos whose folders name their class",
    },
    zh: "基于 {count} 张由文件夹注明类别的照片",
  },
  "test.noLabels": {
    en: "For a score, put test photos into folders named like your classes.",
    zh: "想要成绩，请把测试照片放进与类别同名的文件夹。",
  },
  "test.seen": {
    en: {
      one: "{count} of these photos was trained on. What it scores says nothing about new photos.",
      other: "{count} of these photos were trained on. What they score says nothing about new photos.",
    },
    zh: "其中 {count} 张照片参与过训练，它们的成绩不能说明对新照片的效果。",
  },
  "test.seenMark": { en: "trained on", zh: "参与过训练" },
  "test.table": { en: "Results, photo by photo", zh: "逐张结果" },
  "test.photo": { en: "Photo", zh: "照片" },
  "test.file": { en: "File", zh: "文件" },
  "test.predicted": { en: "Predicted", zh: "预测" },
  "test.probability": { en: "Probability", zh: "概率" },
  "test.true": { en: "True class", zh: "真实类别" },
  "test.right": { en: "right", zh: "正确" },
  "test.wrong": { en: "wrong", zh: "错误" },
  "test.onlyWrong": { en: "Only the wrong ones", zh: "只看错误的" },
  "test.details": { en: "{name}: show all guesses", zh: "{name}：查看全部猜测" },
  "test.done": {
    en: { one: "{count} photo recognised.", other: "{count} photos recognised." },
    zh: "已识别 {count} 张照片。",
  },
  "test.doneScore": {
    en: { one: "{count} photo recognised. Top-1: {top1}.", other: "{count} photos recognised. Top-1: {top1}." },
    zh: "已识别 {count} 张照片，top-1 为 {top1}。",
  },

  // "None of these"
  "unknown.title": { en: "None of these", zh: "都不是" },
  "unknown.meaning": {
    en: "This photo resembles none of your classes as much as their own photos do.",
    zh: "与各类别自己的照片相比，这张照片和哪一类都不够相似。",
  },
  "unknown.rate": {
    en: "The line is drawn so that about {rate} of photos that do belong to a class get this answer, too.",
    zh: "按这条界线，确实属于某个类别的照片中约有 {rate} 也会得到这个回答。",
  },
  "unknown.guesses": { en: "If it had to be one of them:", zh: "如果一定要选一个：" },
  "unknown.count": {
    en: {
      one: "{count} of these photos is like none of your classes. About {rate} of photos that do belong to one get this answer, too. A score counts the first guess all the same.",
      other:
        "{count} of these photos are like none of your classes. About {rate} of photos that do belong to one get this answer, too. A score counts the first guess all the same.",
    },
    zh: "其中 {count} 张照片和哪一类都不相似。确实属于某一类的照片中约有 {rate} 也会得到这个回答。成绩仍按首选猜测计算。",
  },
  "unknown.teach": {
    en: "Your classifier always names one of its classes. Cross-validating teaches it to say “none of these”.",
    zh: "你的分类器总会说出某个类别。做一次交叉验证，它就学会说“都不是”。",
  },
  "unknown.done": {
    en: "None of these: the photo resembles none of your classes.",
    zh: "都不是：这张照片和哪一类都不够相似。",
  },

  // Why
  "why.show": { en: "Why?", zh: "为什么？" },
  "why.hide": { en: "Hide why", zh: "收起原因" },
  "why.choose": { en: "Choose a class above to see what speaks for it.", zh: "点选上面的类别，查看支持它的部位。" },
  "why.for": { en: "for “{label}”", zh: "支持“{label}”" },
  "why.against": { en: "against", zh: "反对" },
  "why.explain": {
    en: "Orange parts of the photo speak for “{label}”, blue ones against it, compared with the average of all classes. The strongest part gets the brightest colour, whatever the class. The network judges {width} × {height} parts, so the map shows regions, not outlines.",
    zh: "与所有类别的平均相比，橙色部位支持“{label}”，蓝色部位反对。无论哪个类别，最强的部位颜色都最亮。网络把画面分成 {width} × {height} 块来判断，所以热图显示的是区域，而不是轮廓。",
  },
  "why.frame": { en: "It sees only the part of the photo inside the frame.", zh: "网络只看到方框以内的部分。" },
  "why.similar": { en: "Most similar training photos", zh: "最相似的训练照片" },
  "why.similarity": { en: "similarity", zh: "相似度" },
  "why.similarText": {
    en: "In the eyes of the network: 1 would be the same photo.",
    zh: "这是网络眼中的相似度：1 表示同一张照片。",
  },
  "why.done": { en: "The heatmap for “{label}” is shown.", zh: "已显示“{label}”的热图。" },
  "why.alt": { en: "Heatmap for “{label}” over the photo.", zh: "照片上“{label}”的热图。" },
  "why.altFor": { en: "The evidence for it is strongest {place}.", zh: "支持的依据{place}最强。" },
  "why.altAgainst": { en: "The evidence against it is strongest {place}.", zh: "反对的依据{place}最强。" },
  "place.00": { en: "at the top left", zh: "在左上方" },
  "place.01": { en: "at the top", zh: "在上方" },
  "place.02": { en: "at the top right", zh: "在右上方" },
  "place.10": { en: "on the left", zh: "在左侧" },
  "place.11": { en: "in the centre", zh: "在中央" },
  "place.12": { en: "on the right", zh: "在右侧" },
  "place.20": { en: "at the bottom left", zh: "在左下方" },
  "place.21": { en: "at the bottom", zh: "在下方" },
  "place.22": { en: "at the bottom right", zh: "在右下方" },

  // What a stage responds to
  "maps.title": { en: "What the stages see", zh: "各阶段看到什么" },
  "maps.stage": { en: "Stage", zh: "阶段" },
  "maps.stageName": { en: "Stage {number}", zh: "第 {number} 阶段" },
  "maps.last": { en: "Last convolution", zh: "最后的卷积" },
  "maps.shallow": {
    en: "Shallow stages respond to edges, colours and fine texture, at many places.",
    zh: "浅层对边缘、颜色和细纹理有反应，位置很细。",
  },
  "maps.middle": {
    en: "Stages in the middle respond to patterns: textures, corners, simple shapes.",
    zh: "中间各层对图案有反应：纹理、边角、简单的形状。",
  },
  "maps.deep": {
    en: "Deep stages respond to parts of things, at few places: this is what the classes are told apart by.",
    zh: "深层对物体的各个部分有反应，位置较粗：区分各类别靠的就是这些。",
  },
  "maps.basis": {
    en: "The {count} of {of} channels that vary most over this photo, each at {width} × {height} places. White: strong; black: weak.",
    zh: "在这张照片上变化最大的 {count} 个通道（共 {of} 个），每个 {width} × {height} 个位置。白色表示反应强，黑色表示弱。",
  },
  "maps.channel": { en: "Channel {index}", zh: "通道 {index}" },
  "maps.done": { en: "Stage shown: {stage}.", zh: "已显示：{stage}。" },

  // What the network sees of a training photo
  "look.title": { en: "What the network sees", zh: "网络看到的画面" },
  "look.crop": { en: "Everything inside the frame; the rest is not seen.", zh: "方框以内的部分，其余看不到。" },
  "look.whole": { en: "All of the photo.", zh: "整张照片。" },
  "look.pad": { en: "All of the photo, between bars.", zh: "整张照片，两侧加边条。" },
  "look.squash": { en: "All of the photo, its proportions changed.", zh: "整张照片，但长宽比改变。" },
  "look.seen": { en: "As it is", zh: "原样" },
  "look.draw": { en: "Draw {number}", zh: "增强 {number}" },
  "look.draws": {
    en: {
      one: "With these options it learns from {count} augmented draw of the photo as well.",
      other: "With these options it learns from {count} augmented draws of the photo as well.",
    },
    zh: "按当前选项，还会从这张照片的 {count} 个增强版本中学习。",
  },
  "look.drawsShown": {
    en: "With these options it learns from {count} augmented draws of the photo as well; these are the first {shown}.",
    zh: "按当前选项，还会从这张照片的 {count} 个增强版本中学习；这里是前 {shown} 个。",
  },
  "look.drawsAuto": {
    en: "It may learn from augmented draws such as these as well: how many is decided by the training.",
    zh: "训练时可能还会从这样的增强版本中学习，数量由训练方式决定。",
  },
  "look.noDraws": { en: "With these options it learns from no augmented draws.", zh: "按当前选项，不使用增强版本。" },

  // Names of options; their meaning and range come with the options themselves
  "advice.button": { en: "What should I train?", zh: "该怎么训练？" },
  "advice.running": { en: "Looking at the photos to decide what to train …", zh: "正在查看照片，决定训练方式……" },
  "advice.done": { en: "The advice is ready.", zh: "建议已给出。" },
  "advice.title": { en: "Advice", zh: "训练建议" },
  "advice.settings": {
    en: "{draws} augmented draws of each photo, {epochs} epochs; about {time} here.",
    zh: "每张照片 {draws} 个增强版本，{epochs} 轮；在这台设备上约需 {time}。",
  },
  "advice.settingsDeeper": {
    en: "{stages} of the network’s stages, {draws} augmented draws of each photo, {epochs} epochs; about {time} here.",
    zh: "训练网络的 {stages} 个阶段，每张照片 {draws} 个增强版本，{epochs} 轮；在这台设备上约需 {time}。",
  },
  "advice.regimes": { en: "The four ways to fine-tune", zh: "四种微调方式" },
  "advice.regimesHelp": {
    en: "What to train depends on how many photos there are and on how much they are like ImageNet’s. Times are for this device.",
    zh: "训练什么取决于照片的数量，以及它们与 ImageNet 照片的相似程度。时间针对这台设备。",
  },
  "advice.when": { en: "Right for", zh: "适用于" },
  "advice.when.head": { en: "few photos, like ImageNet", zh: "照片少，与 ImageNet 相似" },
  "advice.when.last-k": { en: "few photos, unlike ImageNet", zh: "照片少，与 ImageNet 不同" },
  "advice.when.full": { en: "many photos, like ImageNet", zh: "照片多，与 ImageNet 相似" },
  "advice.when.scratch": {
    en: "very many photos, unlike ImageNet; and to compare",
    zh: "照片极多，与 ImageNet 不同；也用于比较",
  },
  "advice.time": { en: "Expected time", zh: "预计时间" },
  "advice.choose": { en: "Choose", zh: "选择" },
  "advice.chosen": { en: "Chosen", zh: "已选择" },
  "advice.few-photos": {
    en: "Few photos: {perClass} a class. Many would be {many} or more.",
    zh: "照片较少：每类 {perClass} 张。{many} 张以上才算多。",
  },
  "advice.many-photos": { en: "Many photos: {perClass} a class.", zh: "照片较多：每类 {perClass} 张。" },
  "advice.similar": {
    en: "They are like what the network was pretrained on: similarity {similarity}, from {threshold} up.",
    zh: "与网络预训练时见过的照片相似：相似度 {similarity}（不低于 {threshold}）。",
  },
  "advice.unlike": {
    en: "They are unlike what the network was pretrained on: similarity {similarity}, below {threshold}.",
    zh: "与网络预训练时见过的照片不同：相似度 {similarity}（低于 {threshold}）。",
  },
  "advice.no-source": {
    en: "How like the pictures of its pretraining they are cannot be told, since this network knows too few classes, or none: what the frozen features can tell apart decides.",
    zh: "此网络自带的类别太少或没有，无法判断照片与其预训练图片有多相似；因此由冻结特征的区分能力来决定。",
  },
  "advice.between": {
    en: "They are somewhat like what the network was pretrained on: similarity {similarity}; so what the frozen features can tell apart decides.",
    zh: "与网络预训练时见过的照片有些相似：相似度 {similarity}；因此由冻结特征的区分能力来决定。",
  },
  "advice.separability": {
    en: "A new output layer alone, on frozen features, is right on {accuracy} of photos it has not seen ({low} to {high} expected on new ones).",
    zh: "只训练新的输出层时，对没见过的照片正确率为 {accuracy}（新照片预计 {low} 到 {high}）。",
  },
  "advice.tried": {
    en: "Tried for {seconds}, each half of the photos judged by the other: the output layer alone is right on {headAccuracy}, at a loss of {headLoss}; with the last stage on {deeperAccuracy}, at a loss of {deeperLoss}.",
    zh: "试训 {seconds}，两半照片互相检验：只训练输出层时正确率 {headAccuracy}、损失 {headLoss}；连同最后一个阶段时正确率 {deeperAccuracy}、损失 {deeperLoss}。",
  },
  "advice.verdict-solved": {
    en: "The frozen features already tell the classes apart: deeper training has nothing to gain.",
    zh: "冻结的特征已经能区分各类别，训练更深的层没有好处。",
  },
  "advice.verdict-head": {
    en: "So the output layer alone should learn: quick, and the safest.",
    zh: "因此只训练输出层：快速而且最稳妥。",
  },
  "advice.verdict-too-few": {
    en: "But with so few photos deeper stages would learn them by heart: the output layer alone should learn, with many draws.",
    zh: "但照片这么少，更深的阶段会把它们死记下来：因此只训练输出层，并使用较多的增强版本。",
  },
  "advice.verdict-last-k": {
    en: "So the last stages should learn along with the output layer.",
    zh: "因此最后几个阶段应与输出层一起训练。",
  },
  "advice.verdict-deeper-pays": {
    en: "The last stages gain by these photos: they should learn along with the output layer.",
    zh: "最后几个阶段能从这些照片中获益：应与输出层一起训练。",
  },
  "advice.verdict-deeper-does-not-pay": {
    en: "The last stages do not gain enough by these photos: the output layer alone is safer, and far quicker.",
    zh: "最后几个阶段从这些照片中获益不够：只训练输出层更稳妥，也快得多。",
  },
  "advice.verdict-full": {
    en: "So all stages may learn, from the pretrained weights.",
    zh: "因此所有阶段都可以从预训练权重开始训练。",
  },
  "advice.verdict-scratch": {
    en: "So training from random weights can pay.",
    zh: "因此从随机权重开始训练也可能值得。",
  },
  "advice.imbalance": {
    en: "The classes are uneven ({smallest} to {largest} photos): the small ones will count for more.",
    zh: "各类别照片数不均（{smallest} 到 {largest} 张）：较小的类别会得到更大的权重。",
  },
  "advice.very-few": {
    en: "The smallest class has {smallest} photos: a few more would help more than any setting.",
    zh: "最小的类别只有 {smallest} 张照片：再加几张比任何设置都有用。",
  },
  "advice.already-known": {
    en: "The source model already sorts {fraction} of these photos right with its own 1000 classes: training adds your names and little else.",
    zh: "原始模型用自己的 1000 个类别已能分对 {fraction} 的照片：训练主要只是换上你的名称。",
  },
  "advice.no-better-than-chance": {
    en: "So far the classes cannot be told apart better than by guessing ({chance}): check the labels or add photos before expecting much.",
    zh: "目前各类别的区分并不比猜测（{chance}）更好：请先检查标签或添加照片。",
  },
  "advice.pays": {
    en: "Fine-tuning pays here: the source model does not know these classes, and a network of one’s own would need thousands of photos.",
    zh: "这里值得微调：原始模型不认识这些类别，而从头训练自己的网络需要成千上万张照片。",
  },
  "advice.time-limit": {
    en: "The time limit of {limit} costs something: {stages} stages, {draws} draws and {epochs} epochs would take about {seconds}.",
    zh: "时间上限 {limit} 有代价：{stages} 个阶段、{draws} 个增强版本、{epochs} 轮大约需要 {seconds}。",
  },
  "option.regime": { en: "What to train", zh: "训练方式" },
  "choice.regime.auto": { en: "Decide for me", zh: "自动选择" },
  "choice.regime.head": { en: "Output layer only", zh: "只训练输出层" },
  "choice.regime.last-k": { en: "Last stages too", zh: "连同最后几个阶段" },
  "choice.regime.full": { en: "All stages", zh: "所有阶段" },
  "choice.regime.scratch": { en: "All stages, from scratch", zh: "所有阶段，从头开始" },
  "option.timeLimit": { en: "Time limit (seconds)", zh: "时间上限（秒）" },
  "option.epochs": { en: "Epochs (0: automatic)", zh: "轮数（0 为自动）" },
  "option.batchSize": { en: "Batch size", zh: "批大小" },
  "option.learningRate": { en: "Learning rate", zh: "学习率" },
  "option.weightDecay": { en: "Weight decay", zh: "权重衰减" },
  "option.holdout": { en: "Held-out share", zh: "留出比例" },
  "option.patience": { en: "Patience (0: all epochs)", zh: "早停耐心（0 为训练满全部轮数）" },
  "option.lastStages": { en: "Stages to retrain (0: automatic)", zh: "参与训练的阶段数（0 为自动）" },
  "option.features": { en: "What the output layer sees", zh: "输出层看到什么" },
  "choice.features.auto": { en: "Automatic", zh: "自动" },
  "choice.features.last": { en: "The last layer", zh: "最后一层" },
  "choice.features.several": { en: "Several layers", zh: "最后几层" },
  "option.inputSize": { en: "Input size (0: automatic)", zh: "输入大小（0 为自动）" },
  "option.framing": { en: "Photos that are not square", zh: "非正方形的照片" },
  "choice.framing.crop": { en: "Keep the centre", zh: "保留中间" },
  "choice.framing.pad": { en: "Add bars", zh: "加边条" },
  "choice.framing.squash": { en: "Squash", zh: "压缩变形" },
  "option.augment": { en: "Augmented draws (−1: automatic)", zh: "增强版本数（−1 为自动）" },
  "option.flip": { en: "Mirror photos", zh: "左右镜像" },
  "option.flipAverage": { en: "Average with the mirror image", zh: "与镜像取平均" },
  "option.labelSmoothing": { en: "Label smoothing", zh: "标签平滑" },
  "option.dropout": { en: "Dropout", zh: "Dropout（随机失活）" },
  "option.balance": { en: "Balance classes", zh: "平衡各类别" },
  "option.seed": { en: "Seed", zh: "随机种子" },

  // What a switch does when it is on: the options' own words speak of 1 and 0
  "switch.flip": {
    en: "Augmentation may mirror photos. Off for hand signs, text and whatever else has a left and a right.",
    zh: "增强时可以左右镜像。手势、文字等左右有别的内容请关闭。",
  },
  "switch.flipAverage": {
    en: "The classifier looks at every photo and at its mirror image: a little better, twice the time. Off where left and right mean something.",
    zh: "分类时同时查看照片及其镜像：略准一些，时间加倍。左右有别的内容请关闭。",
  },
  "switch.balance": {
    en: "Classes weigh the same where the largest has more than twice the photos of the smallest.",
    zh: "最大类别的照片数超过最小类别两倍时，各类别权重相等。",
  },

  // Errors by code
  "error.unreadable": {
    en: "The browser could not read this file. It may have been moved, or be open in another program.",
    zh: "浏览器无法读取此文件，可能已被移动，或正被其他程序占用。",
  },
  "error.not-an-image": {
    en: "Not an image, or a format that browsers cannot read. JPEG, PNG, WebP, AVIF, GIF and BMP work.",
    zh: "不是图片，或浏览器不支持该格式。支持 JPEG、PNG、WebP、AVIF、GIF 和 BMP。",
  },
  // One text for each family of formats, and one for those that this table does not know.
  "error.unsupported-format": {
    en: [
      "{format} is not a format that can be read here. Save it as JPEG or PNG.",
      "A format that cannot be read here. Save it as JPEG or PNG.",
    ],
    zh: ["这里无法读取 {format} 格式，请另存为 JPEG 或 PNG。", "这里无法读取该格式，请另存为 JPEG 或 PNG。"],
  },
  "error.unsupported-format.heic": {
    en:
      "{format}, the iPhone’s format: this browser cannot read it. Export the photos as JPEG; " +
      "for new ones choose Settings › Camera › Formats › Most Compatible.",
    zh: "{format} 是 iPhone 的照片格式，此浏览器无法读取。请将照片导出为 JPEG；今后拍摄可在“设置 › 相机 › 格式”中选择“兼容性最佳”。",
  },
  "error.unsupported-format.raw": {
    en: "{format}, a camera’s raw file: browsers cannot read it. Export it as JPEG with the camera’s program.",
    zh: "{format} 是相机的原始文件，浏览器无法读取。请用相机附带的软件导出为 JPEG。",
  },
  "error.unsupported-format.picture": {
    en: "{format}, a picture format that this browser cannot read. Open it in a program for pictures and save it as JPEG or PNG.",
    zh: "此浏览器无法读取 {format} 图片格式。请用看图软件打开，另存为 JPEG 或 PNG。",
  },
  "error.unsupported-format.video": {
    en: "A video ({format}), not a photo. Save single frames of it as JPEG or PNG, for instance as screenshots.",
    zh: "这是视频（{format}），不是照片。请把其中的画面另存为 JPEG 或 PNG，例如截屏。",
  },
  "error.unsupported-format.document": {
    en: "A document ({format}), not a photo. Export it as JPEG or PNG.",
    zh: "这是文档（{format}），不是照片。请导出为 JPEG 或 PNG。",
  },
  "error.unsupported-format.archive": {
    en: "An archive ({format}), not a photo. Unpack it and choose the photos in it.",
    zh: "这是压缩文件（{format}），不是照片。请先解压，再选择其中的照片。",
  },
  "error.image-truncated": {
    en: [
      "Only {percent} % of the picture are there, the rest is missing or broken. Copy it again from where it came from.",
      "The image is damaged or cut short. Copy it again from where it came from.",
    ],
    zh: [
      "图片只有 {percent}% 可用，其余部分缺失或已损坏，请从来源处重新复制。",
      "图片已损坏或不完整，请从来源处重新复制。",
    ],
  },
  "error.image-empty": { en: "The image has no pixels.", zh: "图片没有任何像素。" },
  "error.image-too-large": {
    en: [
      "{width} × {height} pixels are more than a browser decodes safely. Make it smaller, at most {maxSide} on a side and {maxMegapixels} megapixels.",
      "{width} × {height} pixels are more than a browser decodes safely. Make the image smaller.",
      "The image has more pixels than a browser decodes safely. Make it smaller.",
    ],
    zh: [
      "{width} × {height} 像素超出了浏览器能安全解码的范围。请缩小图片：边长不超过 {maxSide} 像素，总数不超过 {maxMegapixels} 百万像素。",
      "{width} × {height} 像素超出了浏览器能安全解码的范围，请缩小图片。",
      "图片像素超出了浏览器能安全解码的范围，请缩小图片。",
    ],
  },
  "error.photo-unreadable": {
    en: {
      one: "The file of the photo “{name}” can no longer be read: it was changed, moved or deleted since you added it. Remove the photo, and add its file again if you want to keep it.",
      other:
        "The files of {count} photos, “{name}” first, can no longer be read: they were changed, moved or deleted since you added them. Remove these photos, and add their files again if you want to keep them.",
    },
    zh: "有 {count} 张照片的文件（例如“{name}”）已无法读取：添加之后，文件被修改、移动或删除了。请移除这些照片；如果仍要使用，请重新添加文件。",
  },
  "error.too-few-classes": {
    en: "Training needs at least two classes. Add another one.",
    zh: "训练至少需要两个类别，请再添加一个。",
  },
  "error.empty-class": {
    en: [
      "The class “{label}” has no photos. Add some or remove the class.",
      "A class has no photos. Add some or remove the class.",
    ],
    zh: ["类别“{label}”没有照片。请添加照片，或删除该类别。", "有一个类别没有照片。请添加照片，或删除该类别。"],
  },
  "error.too-few-photos": {
    en: "Every class has a single photo, or copies of one, so nothing can be held out. Add a different photo to each class.",
    zh: "每个类别都只有一张照片（或同一张的近似副本），无法留出照片。请为每个类别添加不同的照片。",
  },
  "error.class-exists": {
    en: [
      "The classifier was trained with another class “{removed}”, which you removed since. Choose another name, or train again first.",
      "There is already a class “{label}”. Choose another name.",
      "There is already a class of that name. Choose another one.",
    ],
    zh: [
      "当前的分类器训练时还有另一个类别“{removed}”，它后来被移除了。请换一个名称，或先重新训练。",
      "类别“{label}”已经存在，请换一个名称。",
      "已有同名类别，请换一个名称。",
    ],
  },
  "error.unknown-class": {
    en: ["There is no class “{label}” (any more).", "There is no class of that name (any more)."],
    zh: ["没有名为“{label}”的类别，可能已被删除。", "没有这个类别，可能已被删除。"],
  },
  "error.unknown-photo": { en: "That photo is no longer there.", zh: "这张照片已经不在了。" },
  "error.invalid-label": {
    en: ["A class name has 1 to {max} characters.", "This cannot be the name of a class: it is empty or too long."],
    zh: ["类别名称应为 1 到 {max} 个字符。", "类别名称为空或过长。"],
  },
  "error.invalid-option": {
    en: [
      "{name}: {value} is not allowed. Expected {min} to {max}.",
      "A training option is unknown or out of range: {name}.",
      "A training option is unknown or out of range.",
    ],
    zh: [
      "选项“{name}”的值 {value} 无效，应在 {min} 到 {max} 之间。",
      "训练选项“{name}”未知或超出范围。",
      "有训练选项未知或超出范围。",
    ],
  },
  "error.invalid-option.labels": {
    en: [
      "The network has {outputs} classes, and {count} names were given for them.",
      "These cannot be the names of a network’s classes.",
    ],
    zh: ["网络有 {outputs} 个类别，却给出了 {count} 个名称。", "这些不能作为网络类别的名称。"],
  },
  "error.network-busy": {
    en: "The network can be changed when what is running has ended.",
    zh: "当前任务结束后即可更换网络。",
  },
  "error.network-not-kept": {
    en: "It could not be kept: the browser has too little room for it, or keeps nothing. It works on as long as this page is open.",
    zh: "未能保存：浏览器空间不足，或不保存数据。只要本页面开着，仍可继续使用。",
  },
  "error.network-damaged": {
    en: "The copy in this browser is damaged or was deleted, so it was removed from the list. Bring the file again.",
    zh: "此浏览器中的副本已损坏或被删除，已从列表中移除。请重新选择该文件。",
  },
  "error.no-classifier": {
    en: "There is no classifier yet. Train one, or open a model.",
    zh: "还没有分类器。请先训练，或打开一个模型。",
  },
  "error.weights-corrupt": {
    en: "The file of the network is damaged. Try again; if it stays so, the file itself is broken.",
    zh: "网络文件已损坏。请重试；若仍然如此，说明文件本身有问题。",
  },
  "error.weights-mismatch": {
    en: "The network file belongs to another architecture than this page expects.",
    zh: "网络文件与本页面所需的结构不符。",
  },
  "error.weights-unsupported": {
    en: [
      'This file asks to run “{program}”, and nothing in a file is ever run here. Save the weights alone: torch.save(model.state_dict(), "weights.pth").',
      "“{tensor}” in this file has numbers of type {number}. Save the network in single or half precision.",
      "This file cannot be used as a network ({kind}). Choose a safetensors file, or one that torch.save(model.state_dict(), …) wrote.",
      "This file cannot be used as a network. Choose a safetensors file, or one that torch.save(model.state_dict(), …) wrote.",
    ],
    zh: [
      '此文件要求运行“{program}”，而这里从不运行文件中的任何程序。请只保存权重：torch.save(model.state_dict(), "weights.pth")。',
      "此文件中的“{tensor}”使用 {number} 类型的数值。请将网络保存为单精度或半精度。",
      "此文件不能作为网络使用（{kind}）。请选择 safetensors 文件，或由 torch.save(model.state_dict(), …) 保存的文件。",
      "此文件不能作为网络使用。请选择 safetensors 文件，或由 torch.save(model.state_dict(), …) 保存的文件。",
    ],
  },
  "error.model-corrupt": {
    en: "This is not a lastlayer model, or it is damaged. Choose a file that was saved here.",
    zh: "这不是 lastlayer 的模型文件，或文件已损坏。请选择在这里保存过的文件。",
  },
  "error.model-mismatch": {
    en: "This model was made with another source network and does not fit this one.",
    zh: "该模型基于另一个源网络，与当前网络不匹配。",
  },
  "error.no-checkpoint": { en: "There is no training to continue.", zh: "没有可以继续的训练。" },
  "error.checkpoint-corrupt": {
    en: "The state of this training is damaged. Train from the start.",
    zh: "训练的中间状态已损坏，请从头训练。",
  },
  "error.checkpoint-mismatch": {
    en: [
      "The training cannot go on: of its photos, {missing} are missing and {moved} are in another class, and {added} are new. Bring them back as they were, or discard it and train from the start.",
      "The training cannot go on: photos, classes or the network are not those that it was begun with. Bring them back as they were, or discard it and train from the start.",
    ],
    zh: [
      "训练无法继续：原有照片缺少 {missing} 张，换了类别的 {moved} 张，新增 {added} 张。请恢复原状，或放弃后从头训练。",
      "训练无法继续：照片、类别或网络与开始时不同。请恢复原状，或放弃后从头训练。",
    ],
  },
  "error.paused": { en: "The training was paused.", zh: "训练已暂停。" },
  "error.download-failed": {
    en: [
      "The download failed ({detail}). Check the connection and try again.",
      "The download failed. Check the connection and try again.",
    ],
    zh: ["下载失败（{detail}）。请检查网络后重试。", "下载失败。请检查网络后重试。"],
  },
  "error.webgpu-unavailable": {
    en: "This page asks for WebGPU, and this browser offers none. Use a browser with WebGPU, or a page that allows the processor.",
    zh: "本页面要求使用 WebGPU，而此浏览器不提供。请换用支持 WebGPU 的浏览器，或允许使用处理器的页面。",
  },
  "error.device-lost": {
    en: "The graphics card was lost (put to sleep, or taken by another program). Try again.",
    zh: "显卡连接中断（进入睡眠或被其他程序占用），请重试。",
  },
  "error.worker-crashed": {
    en: "The computation stopped, most likely for lack of memory. Close other tabs and try again.",
    zh: "计算意外停止，很可能是内存不足。请关闭其他标签页后重试。",
  },
  "error.busy": {
    en: "Not while a training is running. Wait for its end or cancel it.",
    zh: "训练进行中无法执行此操作。请等待训练结束，或先取消训练。",
  },
  "error.cancelled": { en: "Cancelled.", zh: "已取消。" },
  "error.closed": {
    en: "This element has been closed. Reload the page to go on.",
    zh: "组件已关闭，请刷新页面后继续。",
  },
  "error.internal": {
    en: [
      "Something went wrong that should not: {detail}. Please report it.",
      "Something went wrong that should not. Please report it.",
    ],
    zh: ["出现了不该出现的错误：{detail}。请向我们反馈。", "出现了不该出现的错误，请向我们反馈。"],
  },
};

/** @typedef {keyof typeof MESSAGES} MessageKey */

/**
 * The words of the projects panel, as those of `messages.js`: a table of their own, since they are loaded with the panel,
 * when a visitor has everything else.
 * @satisfies {Record<string, import("./localize.js").Message>}
 */
export const PROJECT_MESSAGES = {
  "projects.label": { en: "Projects kept in this browser", zh: "保存在此浏览器中的项目" },
  "projects.title": { en: "Kept in this browser:", zh: "保存在此浏览器中：" },
  "projects.notKept": { en: "Not kept in this browser:", zh: "未保存在此浏览器中：" },
  "projects.default": { en: "Project {number}", zh: "项目 {number}" },
  "projects.copy": { en: "{name} (copy)", zh: "{name}（副本）" },
  "projects.facts": {
    en: { one: "{count} photo, {size}", other: "{count} photos, {size}" },
    zh: "{count} 张照片，{size}",
  },
  "projects.empty": { en: "nothing in it yet", zh: "还没有内容" },
  "projects.kept": { en: "all kept", zh: "已全部保存" },
  "projects.keeping": { en: "keeping …", zh: "正在保存……" },
  "projects.partly": { en: "not all kept", zh: "未全部保存" },
  "projects.opening": { en: "opening …", zh: "正在打开……" },
  "projects.openingPhotos": { en: "opening: {done} of {total} photos", zh: "正在打开：{done} / {total} 张照片" },
  "projects.show": { en: "Projects …", zh: "项目……" },
  "projects.hide": { en: "Close", zh: "收起" },
  "projects.list": { en: "Projects", zh: "项目列表" },
  "projects.new": { en: "New project", zh: "新建项目" },
  "projects.current": { en: "Open now", zh: "当前项目" },
  "projects.open": { en: "Open", zh: "打开" },
  "projects.openName": { en: "Open {name}", zh: "打开 {name}" },
  "projects.rename": { en: "Rename", zh: "重命名" },
  "projects.renameName": { en: "Rename {name}", zh: "重命名 {name}" },
  "projects.newName": { en: "New name of {name}", zh: "{name} 的新名称" },
  "projects.apply": { en: "Save", zh: "保存" },
  "projects.cancel": { en: "Cancel", zh: "取消" },
  "projects.duplicate": { en: "Duplicate", zh: "复制" },
  "projects.duplicateName": { en: "Duplicate {name}", zh: "复制 {name}" },
  "projects.delete": { en: "Delete", zh: "删除" },
  "projects.deleteName": { en: "Delete {name}", zh: "删除 {name}" },
  "projects.confirm": {
    en: {
      one: "Delete “{name}” with its {count} photo and its classifier? They are gone from this browser then.",
      other: "Delete “{name}” with its {count} photos and its classifier? They are gone from this browser then.",
    },
    zh: "要删除“{name}”以及其中的 {count} 张照片和分类器吗？它们将从此浏览器中消失。",
  },
  "projects.confirmDelete": { en: "Delete it", zh: "删除" },
  "projects.confirmKeep": { en: "Keep it", zh: "保留" },
  "projects.locked": {
    en: "Projects can be changed when what is running has ended.",
    zh: "当前任务结束后即可更改项目。",
  },
  "projects.space": {
    en: "This site uses {used} of the {quota} that the browser gives it.",
    zh: "本站已使用浏览器提供的 {quota} 空间中的 {used}。",
  },
  "projects.persisted": {
    en: "The browser keeps it until you delete it.",
    zh: "浏览器会一直保存，直到你删除为止。",
  },
  "projects.notPersisted": {
    en: "If this device runs short of space, the browser may throw it away.",
    zh: "如果设备空间不足，浏览器可能会清除这些内容。",
  },
  "projects.private": {
    en: "Photos, classes and classifier lie in this browser on this device, and nowhere else.",
    zh: "照片、类别和分类器只保存在这台设备的这个浏览器中。",
  },
  "projects.retry": { en: "Try again", zh: "重试" },
  "projects.dismiss": { en: "Dismiss", zh: "关闭" },

  // Why not everything is kept
  "projects.problem.denied": {
    en: "This browser keeps nothing for this page: it is a private window, or storage is switched off here. Everything works, but it is gone when you leave. Save the model to keep it.",
    zh: "此浏览器不为本页面保存内容：可能是隐私窗口，或存储功能已关闭。一切功能照常，但离开页面后内容会消失。请保存模型文件。",
  },
  "projects.problem.full": {
    en: "There is no space left to keep everything. What was kept before is still there. Delete a project that you no longer need, or save the model.",
    zh: "空间不足，无法保存全部内容。之前保存的内容仍然完好。请删除不再需要的项目，或保存模型文件。",
  },
  "projects.problem.newer": {
    en: "What is kept here was written by a newer version of this page. Load the page again to get it. Until then nothing is kept, and nothing that is kept is lost.",
    zh: "此处的内容由本页面的较新版本保存，请重新加载页面。在此之前不会保存新内容，已保存的内容也不会丢失。",
  },
  "projects.problem.elsewhere": {
    en: "This project is open in another tab. You can use it here, but what you change is not kept. To go on here, close the other tab and load this page again.",
    zh: "该项目已在另一个标签页中打开。你可以在这里使用它，但所做的更改不会保存。要在这里继续，请关闭另一个标签页并重新加载本页面。",
  },
  "projects.problem.failed": {
    en: "The browser did not keep everything. What was kept before is still there. Save the model to be sure.",
    zh: "浏览器未能保存全部内容。之前保存的内容仍然完好。为稳妥起见，请保存模型文件。",
  },
  "projects.problem.unreadable": {
    en: {
      one: "{count} photo is not kept: its file can no longer be read. It was changed, moved or deleted.",
      other: "{count} photos are not kept: their files can no longer be read. They were changed, moved or deleted.",
    },
    zh: "有 {count} 张照片没有保存：它们的文件已无法读取，可能已被修改、移动或删除。",
  },

  // Of one project
  "projects.notice.elsewhere": {
    en: "{name}: it is open in another tab. Close it there first.",
    zh: "{name}：已在另一个标签页中打开，请先在那里关闭。",
  },
  "projects.notice.full": {
    en: "{name}: there is not enough space for that. Nothing has changed.",
    zh: "{name}：空间不足，没有进行任何更改。",
  },
  "projects.notice.newer": {
    en: "{name} was kept by a newer version of this page. Load the page again to open it. It is still kept.",
    zh: "{name} 由本页面的较新版本保存，请重新加载页面后打开。内容仍然完好。",
  },
  "projects.notice.damaged": {
    en: "{name} is damaged and cannot be opened. It is left as it is, and does not stand in your way: what you do now is kept as another project.",
    zh: "{name} 已损坏，无法打开。它会保持原样，不影响使用：你现在的操作会保存为另一个项目。",
  },
  "projects.notice.failed": {
    en: "{name} could not be opened. It is left as it is: try again, or load the page again.",
    zh: "{name} 未能打开，内容保持原样。请重试，或重新加载页面。",
  },
  "projects.notice.network": {
    en: "{name} belongs to the network {network}, which is not here. Choose that network above, under “Network”, and open the project again. It is still kept.",
    zh: "{name} 属于网络 {network}，而该网络不在这里。请先在上方“网络”中选择它，再打开该项目。内容仍然完好。",
  },
  "projects.missing.photos": {
    en: {
      one: "The kept file of {count} photo is damaged or gone: {names}. The others are here.",
      other: "The kept files of {count} photos are damaged or gone: {names}. The others are here.",
    },
    zh: "有 {count} 张照片保存的文件已损坏或丢失：{names}。其余照片都在。",
  },
  "projects.missing.model": {
    en: "The kept classifier is damaged or gone: train again.",
    zh: "保存的分类器已损坏或丢失，请重新训练。",
  },
  "projects.missing.checkpoint": {
    en: "The training that was paused cannot go on: its file is damaged or gone.",
    zh: "暂停的训练无法继续：其文件已损坏或丢失。",
  },
};

/** @typedef {keyof typeof PROJECT_MESSAGES} ProjectMessageKey */
/** @typedef {import("./localize.js").Language<ProjectMessageKey>} ProjectLanguage */

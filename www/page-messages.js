/**
 * The pages' words in Chinese; their English ones stand in the HTML. A little markup is allowed, as there.
 * @type {Record<string, string>}
 */
export const CHINESE = {
  "page.title": "lastlayer：在浏览器里用自己的照片训练图像分类器",
  "page.skip": "跳到分类器",
  "page.nav": "网站导航",
  "page.tutorial": "教程",
  "hero.title": "放入照片，<br>得到专属的图像分类器。",
  "hero.lead":
    "lastlayer 以一个学习过上百万张照片的网络为基础，只教它的最后一层认识你的类别。整个过程大约一分钟，全部在这个浏览器标签页里完成。",
  "hero.promise1": "不上传，不注册",
  "hero.promise2": "每类十张照片就够",
  "hero.promise3": "断网也能用",
  "hero.picture": "七个冻结的阶段，最上面是正在训练的新一层",
  "hero.new": "你的类别",
  "hero.frozen1": "七个阶段，",
  "hero.frozen2": "原样保留",
  "try.title": "现在就试",
  "try.poster": "分类器正在加载……",
  "what.title": "训练的是什么",
  "what.text":
    "EfficientNet-Lite0 看过 ImageNet 1000 个类别的 128 万张照片。它对边缘、纹理和形状的认识全部保留，只把输出层换成对应你的类别的新一层。新的一层从随机权重开始，只从你的照片中学习；如果照片与 ImageNet 很不一样，最后几个阶段也会一起学习。所以每类十张照片就可能足够。",
  "what.link": "了解微调的原理",
  "private.title": "为什么不会泄露隐私",
  "private.text":
    "这里没有接收照片的服务器：本页面只是一组静态文件，训练由编译成 WebAssembly 的 Rust 程序在你自己的浏览器里完成。页面甚至禁止自己与其他任何网站通信。加载一次之后断开网络，照样能用。",
  "offline.ready": "已保存到本机，可离线使用。",
  "offline.unavailable": "此浏览器不保存离线副本。",
  "score.title": "成绩意味着什么",
  "score.text":
    "每五张照片留出一张，不参与训练。留出的照片给出成绩，以及成绩的精度；之后再用全部照片重新训练一遍。如果根据这个成绩在多次训练中挑选，它就会略偏乐观。真正公正的检验是没有用过的照片：把它们放到“测试”里。",
  "embed.title": "放进你自己的网页",
  "embed.text":
    "以上一切只是一个 HTML 元素。文章、课程、应用里都能放：不需要构建步骤，不需要特殊的服务器响应头，在 iframe 里也能运行。",
  "footer.licence": "自由软件，采用 MIT 或 Apache 2.0 许可证。权重：EfficientNet-Lite0，Apache 2.0。",

  "tutorial.pageTitle": "微调最后一层 · lastlayer",
  "tutorial.language": "语言",
  "tutorial.home": "完整页面",
  "tutorial.title": "微调最后一层",
  "tutorial.lead":
    "要让网络分清一千种东西，得用上百万张照片、花好几天来训练；而教它认识你的五种东西，五十张照片、一分钟就够了。下面讲讲其中的道理，读到一半你就可以亲手试一试。",
  "tutorial.borrow.title": "借它的眼睛，换掉它的答案",
  "tutorial.borrow.1":
    "图像分类器由许多层叠成。最初几层对边缘和颜色有反应，接下来是纹理和拐角，再往后是眼睛、花瓣、车轮。最后一层则完全不同：前面各层把照片概括成一份描述，几千个数，最后一层再把它换算成每个类别的得分。",
  "tutorial.borrow.2":
    "只有这最后一层知道类别的名字。它下面的一切是从 ImageNet 学来的、通用的“看”的方法，用来看花朵、螺栓或手写字，几乎和看原来那一千个类别一样好用。所以我们把它留下：复制<em>源模型</em>中除输出层以外的部分，在上面放一个新的输出层，你有几个类别就有几个输出，然后从随机权重开始训练这一层。这就是最简单的<em>微调</em>。",
  "tutorial.borrow.3":
    "这样做也很省。下面各层不再变化，每张照片只需通过一次，结果保存下来，接下来的训练不过是一些小矩阵的运算：一台笔记本电脑，在浏览器里，几秒钟就能训练上百轮。",
  "tutorial.regimes.title": "该重新训练多少层",
  "tutorial.regimes.text":
    "只训练最后一层并不总是最合适的。这取决于两个问题：有多少照片？它们和源模型见过的照片有多像？",
  "tutorial.table.images": "照片",
  "tutorial.table.similar": "与 ImageNet 相似",
  "tutorial.table.trained": "训练哪些部分",
  "tutorial.table.name": "名称",
  "tutorial.table.few": "少",
  "tutorial.table.many": "多",
  "tutorial.table.yes": "是",
  "tutorial.table.no": "否",
  "tutorial.table.head": "只训练新的输出层",
  "tutorial.table.lastk": "冻结前面的阶段，训练最后 <i>k</i> 个阶段和输出层",
  "tutorial.table.full": "从预训练权重开始，训练全部",
  "tutorial.table.scratch": "从随机权重开始，训练全部",
  "tutorial.regimes.after":
    "照片少的时候，每放开一个权重，就多一种死记硬背的可能；照片多的时候，把权重固定住又会浪费照片里的信息。如果预训练的阶段也要动，它们的步子应当只有新一层的十分之一左右：它们本来就差不多是对的，而新的一层要从噪声开始。第一行是最常见的情形，也正是你马上要看到的。",
  "tutorial.try.title": "轮到你了",
  "tutorial.try.1":
    "找两样要分辨的东西：两种树叶、两只杯子、你和别人的笔迹。每样拍十来张，换几个角度，换几种背景。每样留两张先不用。",
  "tutorial.try.2": "先把一张放到<b>测试</b>里。这时作答的还是源模型，用的是它自己的一千个词。",
  "tutorial.try.3": "其余的按类别放进各自的文件夹，拖到<b>照片</b>里，然后点<b>开始训练</b>。",
  "tutorial.try.4": "再用留下来的那几张测试。",
  "tutorial.score.title": "怎样看成绩",
  "tutorial.score.1":
    "<b>Top-1</b> 是首选猜测正确的照片所占的比例，<b>top-5</b> 是正确类别出现在前五个猜测中的比例：对一千个类别很有用，对五个类别则毫无意义。两者都只有在没有训练过的照片上才说明问题。一个足够自由的网络能认出每一张训练照片，却可能什么也没学会。",
  "tutorial.score.2":
    "因此每五张照片要留出一张。其余照片每训练完一遍（称为一轮），就在留出的照片上测一次损失。起初它和训练损失一起下降；当训练损失继续下降、它却掉头上升时，分类器就开始死记硬背了，页面会告诉你。训练多少轮是事先定好的，学习率在这些轮次中逐渐降到零；最后保留的分类器，会用你的全部照片按同样的轮数重新训练一遍。",
  "tutorial.score.3":
    "需要提醒的是：如果只留出十张照片，一张之差就是十个百分点；反复训练、只保留成绩最好的那一次，成绩就会偏高一点。而放到“测试”里的照片没有参与任何选择，所以最公正。如果它们与成绩不一致，请相信它们。",
  "tutorial.wrong.title": "结果不好怎么办",
  "tutorial.wrong.text":
    "先看看错在哪里，再去调数字。如果某一类的照片都是在同一张桌子上拍的，网络学到的可能是那张桌子。如果两个类别总是混淆，也许需要更多、更近的照片，也许它们本来就是一类。多拍一些有变化的照片几乎总有帮助；增加轮数则几乎没用，因为默认的轮数已经足够。",
  "tutorial.embed.title": "放进你自己的文章",
  "tutorial.embed.1":
    "上面的分类器就是一个 HTML 元素。它会自己准备好一切；读者读到附近之前，什么也不下载；它能适应所在栏的宽度，除了静态文件不需要任何服务器。",
  "tutorial.embed.2":
    "属性可以设定语言、主题（<code>auto</code>、<code>light</code>、<code>dark</code>）、设备（<code>auto</code>、<code>webgpu</code>、<code>cpu</code>）以及每一个训练选项。事件会告诉网页发生了什么，<code>fineTuner</code> 则向脚本提供完整的接口：",
  "tutorial.embed.3": "在你的文章里也和这里一样，读者的照片始终留在他们自己的浏览器里。",
};

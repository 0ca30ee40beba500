//! The options of a training, in one table: validation, the command line, the page, the element's attributes and the docs
//! are derived from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::draws::MIRRORED;
use super::options::{OptionDoc, OptionKind, OptionSpec, OptionValue, Value};
use super::regime::{FeatureChoice, Regime, SCRATCH_INPUT_SIZE, SMALLEST_INPUT_SIZE, usual_draws, usual_epochs};
use crate::backbone::architecture::Architecture;
use crate::backbone::taps::Features;
use crate::error::{Error, ErrorCode, Result};
use crate::image::augment::Augmentation;
use crate::image::prepare::{Framing, InputSpec};

macro_rules! choices {
    ($($type:ident { $($variant:ident = $word:literal),* })*) => {
        $(impl OptionValue for $type {
            const KIND: OptionKind = OptionKind::Choice;
            const CHOICES: &'static [&'static str] = &[$($word),*];
            fn from_f64(value: f64) -> Self {
                [$($type::$variant),*][value as usize]
            }
        })*
    };
}
choices! {
    Regime { Auto = "auto", Head = "head", LastK = "last-k", Full = "full", Scratch = "scratch" }
    FeatureChoice { Auto = "auto", Last = "last", Several = "several" }
    Framing { Crop = "crop", Pad = "pad", Squash = "squash" }
}

macro_rules! options {
    ($($field:ident: $type:ty = $default:literal in $min:literal..=$max:literal, $name:literal, $en:literal, $zh:literal;)*) => {
        /// How a training goes. Every field is one row of [`OPTIONS`].
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct TrainConfig {
            $(#[doc = $en] pub $field: $type,)*
        }

        impl Default for TrainConfig {
            fn default() -> Self {
                Self { $($field: <$type as OptionValue>::from_f64($default as f64),)* }
            }
        }

        /// Every option: name, kind, default, range, doc.
        pub static OPTIONS: &[OptionSpec] = &[
            $(OptionSpec {
                name: $name,
                kind: <$type as OptionValue>::KIND,
                choices: <$type as OptionValue>::CHOICES,
                default: $default as f64,
                min: $min as f64,
                max: $max as f64,
                doc: OptionDoc { en: $en, zh: $zh },
            },)*
        ];

        impl TrainConfig {
            fn set_checked(&mut self, name: &str, value: f64) {
                match name {
                    $($name => self.$field = <$type as OptionValue>::from_f64(value),)*
                    _ => unreachable!("{name} was looked up in the table"),
                }
            }
        }
    };
}

options! {
    regime: Regime = 0 in 0..=4, "regime",
        "How much of the network learns: head (the output layer alone), last-k (the last stages too), full (all stages), scratch (all stages, from random weights, to compare with), or auto, which decides by the photos and the device.",
        "网络中参与训练的部分：head（只训练输出层）、last-k（连同最后几个阶段）、full（所有阶段）、scratch（所有阶段，从随机权重开始，用于比较），或 auto（根据照片和设备决定）。";
    time_limit: f64 = 120 in 1..=86400, "timeLimit",
        "Seconds that a training which is left to auto should take at most.",
        "选择 auto 时，训练最多使用的秒数。";
    epochs: usize = 0 in 0..=1000, "epochs",
        "Passes over the photos; with patience the most there may be. 0 lets the regime choose.",
        "训练多少轮；设置了早停耐心时是上限。0 表示由训练方式决定。";
    batch_size: usize = 16 in 1..=512, "batchSize",
        "Photos per step.",
        "每一步使用的照片数。";
    learning_rate: f64 = 0.003 in 0.000001..=1.0, "learningRate",
        "Step size of the new output layer (AdamW). Pretrained stages move at a tenth of it.",
        "新输出层的学习率（AdamW）；预训练的各阶段使用它的十分之一。";
    weight_decay: f64 = 0.01 in 0.0..=1.0, "weightDecay",
        "Decoupled weight decay: pulls weights towards zero.",
        "解耦的权重衰减：把权重拉向零。";
    holdout: f64 = 0.2 in 0.0..=0.5, "holdout",
        "Fraction of each class held out for the score, and, with patience, to choose the number of epochs; 0 trains without a score.",
        "每个类别留出多少比例的照片用于评分，设置了早停耐心时还用来选择轮数；0 表示没有得分。";
    patience: usize = 0 in 0..=1000, "patience",
        "When the output layer learns alone: epochs without a clearly better validation loss before stopping, at a constant rate; the best epoch is kept. 0 goes through all epochs at a falling rate, which is better with few photos.",
        "只训练输出层时：以恒定的学习率训练，验证损失连续多少轮没有明显改善就停止，并采用最好的一轮。0 表示以逐渐降低的学习率训练满全部轮数，照片少时效果更好。";
    last_stages: usize = 0 in 0..=7, "lastStages",
        "How many of the backbone's last stages learn along with the output layer; 0 lets the regime choose.",
        "骨干网络最后多少个阶段与输出层一起训练；0 表示由训练方式决定。";
    features: FeatureChoice = 0 in 0..=2, "features",
        "What the output layer sees: last (the average of the last layer's map), several (averages and largest values of the last layers' maps), or auto: several where it learns alone, last otherwise.",
        "输出层看到什么：last（最后一层特征图的平均值）、several（最后几层特征图的平均值和最大值），或 auto（只训练输出层时用 several，否则用 last）。";
    input_size: usize = 0 in 0..=512, "inputSize",
        "Side in pixels of the picture that the network sees, at least 64. Only scratch may choose: the pretrained stages know theirs. 0 lets the regime choose.",
        "网络看到的图片边长（像素），至少 64。只有 scratch 可以选择，预训练的各阶段有固定的大小。0 表示由训练方式决定。";
    framing: Framing = 0 in 0..=2, "framing",
        "How a photo that is not square becomes one: crop keeps its centre, pad adds bars, squash changes its proportions.",
        "非正方形的照片如何变成正方形：crop 保留中间部分，pad 加上边条，squash 改变长宽比。";
    augment: i32 = -1 in -1..=32, "augment",
        "Augmented draws of each photo to learn from as well: other crops, angles, colours. Each is embedded once, so it costs as much as another photo; where no stage is frozen, every epoch draws anew instead. 0 does without; -1 lets the regime choose.",
        "每张照片额外生成多少个增强版本用于学习：不同的裁剪、角度和颜色。每个版本只计算一次特征，代价相当于多一张照片；没有冻结的阶段时，每一轮都重新生成。0 表示不使用，-1 表示由训练方式决定。";
    flip: usize = 1 in 0..=1, "flip",
        "1 lets augmentation mirror photos; 0 does not, for hand signs, text and whatever else has a left and a right.",
        "1 表示增强时可以左右镜像；手势、文字等左右有别的内容请设为 0。";
    flip_average: usize = 0 in 0..=1, "flipAverage",
        "1 lets the classifier look at every photo and at its mirror image and average what it sees: a little better, twice the time. Not where left and right mean something.",
        "1 表示分类时同时查看照片及其镜像并取平均：略准一些，时间加倍。左右有别的内容不适用。";
    label_smoothing: f64 = 0.0 in 0.0..=0.5, "labelSmoothing",
        "How much of each label is spread over all classes, against overconfidence.",
        "把每个标签的多少比例分摊给所有类别，以避免过度自信。";
    dropout: f64 = 0.0 in 0.0..=0.9, "dropout",
        "Fraction of the features that the output layer must do without at each step.",
        "每一步中输出层要放弃的特征比例。";
    balance: usize = 1 in 0..=1, "balance",
        "1 weighs classes equally when the largest has more than twice the photos of the smallest; 0 never does.",
        "1 表示最大类别的照片数超过最小类别两倍时，各类别权重相等；0 表示从不调整。";
    seed: u64 = 0 in 0.0..=4294967295.0, "seed",
        "Seed of the initial weights, the hold-out and the order of photos: the same seed gives the same result on the same device.",
        "初始权重、留出的照片和照片顺序的随机种子：同一设备上相同的种子得到相同的结果。";
}

impl TrainConfig {
    /// The same with everything decided that was left to the regime, for a backbone and `photos` photos. What is decided already stays, so a settled configuration is settled for good, and repeats its training.
    /// [`Regime::Auto`] is decided by `lastStages` where that is given; otherwise it stays, and so does what depends on
    /// it: advice has to come first.
    ///
    /// # Errors
    /// `invalid-option` for options that contradict the regime.
    pub fn settle(mut self, architecture: &Architecture, photos: usize) -> Result<Self> {
        let stages = architecture.stages.len();
        if self.regime == Regime::Auto && self.last_stages > 0 {
            self.regime = if self.last_stages < stages { Regime::LastK } else { Regime::Full };
        }
        let (least, most, usual) = match self.regime {
            Regime::Auto => return Ok(self),
            Regime::Head => (0, 0, 0),
            Regime::LastK => (1, stages, architecture.last_stages),
            Regime::Full | Regime::Scratch => (stages, stages, stages),
        };
        if self.last_stages == 0 {
            self.last_stages = usual;
        }
        self.must_be_within("lastStages", self.last_stages, least, most)?;
        if self.regime == Regime::LastK && self.last_stages == stages {
            self.regime = Regime::Full;
        }
        let scratch = self.regime == Regime::Scratch;
        match (scratch, self.input_size) {
            (true, 0) => self.input_size = SCRATCH_INPUT_SIZE,
            (true, size) => {
                let most = (architecture.input.size as usize).max(SCRATCH_INPUT_SIZE);
                self.must_be_within("inputSize", size, SMALLEST_INPUT_SIZE, most)?;
            }
            (false, size) => self.must_be_within("inputSize", size, 0, 0)?,
        }
        if self.epochs == 0 {
            self.epochs = usual_epochs(self.regime, photos, self.batch_size);
        }
        self.features = match self.features() {
            Features::Last => FeatureChoice::Last,
            Features::Several => FeatureChoice::Several,
        };
        if self.augment < 0 {
            self.augment = usual_draws(self.regime, photos, self.batch_size);
        }
        Ok(self)
    }

    fn must_be_within(&self, name: &str, value: usize, least: usize, most: usize) -> Result<()> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        let regime = Regime::CHOICES[self.regime as usize];
        let range = if least == most { format!("{least}") } else { format!("from {least} to {most}") };
        Err(Error::new(
            ErrorCode::InvalidOption,
            format!(
                "{name} must be {range} with the regime {regime}, got {value}; leave it out, or choose another regime"
            ),
        )
        .with("name", name)
        .with("min", least)
        .with("max", most)
        .with("value", value))
    }

    /// What the output layer sees.
    pub fn features(&self) -> Features {
        match self.features {
            FeatureChoice::Auto => self.regime.usual_features(),
            FeatureChoice::Last => Features::Last,
            FeatureChoice::Several => Features::Several,
        }
    }

    /// Whether the photos have to be asked what to train.
    pub fn needs_advice(&self) -> bool {
        self.regime == Regime::Auto && self.last_stages == 0
    }

    /// Whether the held-out photos choose the number of epochs. Otherwise a fit runs its whole schedule: its rate has to
    /// fall, and a schedule cut short is another schedule.
    pub fn stops_early(&self) -> bool {
        self.last_stages == 0 && self.patience > 0
    }

    /// Whether every epoch draws anew, since no stage is frozen; otherwise it takes from the draws that were embedded.
    pub fn draws_anew(&self) -> bool {
        matches!(self.regime, Regime::Full | Regime::Scratch)
    }

    /// Augmented draws of each photo, beside the photo as it is. Where every epoch draws anew: how many of them come to one look
    /// at the photo as it is.
    pub fn draws(&self) -> usize {
        self.augment.max(0) as usize
    }

    /// The draws of a photo by which the classifier judges it; it averages over them.
    pub fn views(&self) -> &'static [usize] {
        if self.flip_average == 1 { &[0, MIRRORED] } else { &[0] }
    }

    /// The draws of a photo that a training needs: to learn from, and to judge it by.
    pub fn needed_draws(&self) -> impl Iterator<Item = usize> {
        (0..=self.draws()).chain(self.views().iter().copied().skip(1))
    }

    /// What the network sees in a training with this settled configuration, on a backbone that expects `input`.
    pub fn input(&self, input: &InputSpec) -> InputSpec {
        let size = if self.input_size > 0 { self.input_size as u32 } else { input.size };
        InputSpec { size, ..input.framed(self.framing) }
    }

    pub fn augmentation(&self) -> Augmentation {
        Augmentation { flip: self.flip == 1 }
    }

    /// The defaults, overridden by name.
    ///
    /// # Errors
    /// `invalid-option` for an unknown name, a number out of range, or a fraction where an integer is expected.
    pub fn from_values(values: &BTreeMap<String, Value>) -> Result<Self> {
        let mut config = Self::default();
        for (name, value) in values {
            config.set(name, value.clone())?;
        }
        Ok(config)
    }

    /// Sets one option; errors as [`from_values`](Self::from_values).
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<()> {
        let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
            let names: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!("there is no option {name:?}; the options are {}", names.join(", ")),
            )
            .with("name", name));
        };
        let value = value.into();
        let number = option.number(&value).ok_or_else(|| option.refusal(&value))?;
        self.set_checked(name, number);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;

    #[test]
    fn defaults_are_in_their_ranges_and_settable() {
        let mut config = TrainConfig::default();
        for option in OPTIONS {
            match option.kind {
                OptionKind::Choice => config.set(option.name, option.choices[option.default as usize]).unwrap(),
                _ => config.set(option.name, option.default).unwrap(),
            }
        }
        assert_eq!(config, TrainConfig::default());
    }

    #[test]
    fn bad_values_are_refused_with_the_range() {
        let set =
            |name: &str, value| TrainConfig::from_values(&BTreeMap::from([(name.to_owned(), Value::Number(value))]));
        assert_eq!(set("epochs", 7.0).unwrap().epochs, 7);
        for (name, value) in
            [("batchSize", 0.0), ("epochs", 2.5), ("learningRate", -1.0), ("holdout", f64::NAN), ("epoch", 1.0)]
        {
            assert_eq!(set(name, value).unwrap_err().code, ErrorCode::InvalidOption, "{name} = {value}");
        }
        assert!(set("holdout", 0.7).unwrap_err().message.contains("from 0 to 0.5, got 0.7"));
        let mut config = TrainConfig::default();
        config.set("regime", "last-k").unwrap();
        assert_eq!(config.regime, Regime::LastK);
        let error = config.set("regime", "all").unwrap_err();
        assert!(error.message.contains("head, last-k, full, scratch, got \"all\""), "{}", error.message);
        assert_eq!(config.set("regime", 1.0).unwrap_err().code, ErrorCode::InvalidOption);
        assert_eq!(config.set("epochs", "many").unwrap_err().code, ErrorCode::InvalidOption);
    }

    #[test]
    fn a_settled_configuration_has_nothing_left_to_decide_and_stays() {
        for regime in [Regime::Head, Regime::LastK, Regime::Full, Regime::Scratch] {
            let settled = TrainConfig { regime, ..TrainConfig::default() }.settle(&LITE0, 50).unwrap();
            assert!(settled.epochs > 0 && settled.augment >= 0, "{settled:?}");
            assert_eq!(settled.input_size > 0, regime == Regime::Scratch);
            assert_eq!(settled.clone().settle(&LITE0, 50).unwrap(), settled);
        }
        let stages =
            |last_stages| TrainConfig { last_stages, ..TrainConfig::default() }.settle(&LITE0, 50).unwrap().regime;
        assert_eq!([0, 1, 6, 7].map(stages), [Regime::Auto, Regime::LastK, Regime::LastK, Regime::Full]);
        let refused = TrainConfig { regime: Regime::Head, last_stages: 2, ..TrainConfig::default() }
            .settle(&LITE0, 50)
            .unwrap_err();
        assert!(refused.message.contains("lastStages must be 0 with the regime head, got 2"), "{}", refused.message);
    }
}

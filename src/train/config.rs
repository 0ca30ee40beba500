//! The options of a training, in one table: validation, the command line, the page, the element's attributes and the docs
//! are derived from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};
use crate::image::augment::Augmentation;

/// An option as everybody but the training loop sees it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OptionSpec {
    /// In camel case, as in JavaScript; the command line and the element's attributes use kebab-case.
    pub name: &'static str,
    pub kind: OptionKind,
    pub default: f64,
    pub min: f64,
    pub max: f64,
    pub doc: OptionDoc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionKind {
    Int,
    Float,
}

/// What the option does, in the languages of the page.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OptionDoc {
    pub en: &'static str,
    pub zh: &'static str,
}

/// Numbers an option may hold; integers pass through f64, exact up to 2^53.
trait OptionValue: Copy {
    const KIND: OptionKind;
    fn from_f64(value: f64) -> Self;
}

macro_rules! option_values {
    ($($type:ty => $kind:ident),*) => {
        $(impl OptionValue for $type {
            const KIND: OptionKind = OptionKind::$kind;
            fn from_f64(value: f64) -> Self {
                value as $type
            }
        })*
    };
}
option_values!(usize => Int, u64 => Int, f64 => Float);

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
    epochs: usize = 0 in 0..=1000, "epochs",
        "Passes over the photos. The output layer alone: at most so many, the held-out photos usually stop it earlier. 0 chooses: 100 for the output layer alone, 20 for more.",
        "训练多少轮。只训练输出层时是上限，通常会由留出的照片提前停止。0 表示自动：只训练输出层 100 轮，训练更多层 20 轮。";
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
        "Fraction of each class held out for the score, and to choose the number of epochs when the output layer learns alone; 0 trains for all epochs without a score.",
        "每个类别留出多少比例的照片用于评分，只训练输出层时还用来选择轮数；0 表示训练满全部轮数且没有得分。";
    patience: usize = 10 in 1..=1000, "patience",
        "When the output layer learns alone: epochs without a clearly better validation loss before stopping.",
        "只训练输出层时：验证损失连续多少轮没有明显改善就停止。";
    last_stages: usize = 0 in 0..=7, "lastStages",
        "How many of the backbone's last stages learn along with the output layer; 0 trains the output layer alone.",
        "骨干网络最后多少个阶段与输出层一起训练；0 表示只训练输出层。";
    augment: usize = 0 in 0..=32, "augment",
        "Augmented draws of each photo to learn from as well: other crops, angles, colours. Each is embedded once, so it costs as much as another photo.",
        "每张照片额外生成多少个增强版本用于学习：不同的裁剪、角度和颜色。每个版本只计算一次特征，代价相当于多一张照片。";
    flip: usize = 1 in 0..=1, "flip",
        "1 lets augmentation mirror photos; 0 does not, for hand signs, text and whatever else has a left and a right.",
        "1 表示增强时可以左右镜像；手势、文字等左右有别的内容请设为 0。";
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
        "Seed of the initial weights, the split and the order of photos: the same seed gives the same result on the same device.",
        "初始权重、划分和照片顺序的随机种子：同一设备上相同的种子得到相同的结果。";
}

impl TrainConfig {
    /// Whether the held-out photos choose the number of epochs. A deeper fit runs its whole schedule instead: its rate has to
    /// fall, and a schedule cut short is another schedule.
    pub fn stops_early(&self) -> bool {
        self.last_stages == 0
    }

    /// The number of epochs, or the most of them.
    pub fn max_epochs(&self) -> usize {
        match self.epochs {
            0 if self.stops_early() => 100,
            0 => 20,
            epochs => epochs,
        }
    }

    pub fn augmentation(&self) -> Augmentation {
        Augmentation { flip: self.flip == 1 }
    }

    /// The defaults, overridden by name.
    ///
    /// # Errors
    /// `invalid-option` for an unknown name, a number out of range, or a fraction where an integer is expected.
    pub fn from_values(values: &BTreeMap<String, f64>) -> Result<Self> {
        let mut config = Self::default();
        for (name, &value) in values {
            config.set(name, value)?;
        }
        Ok(config)
    }

    /// Sets one option; errors as [`from_values`](Self::from_values).
    pub fn set(&mut self, name: &str, value: f64) -> Result<()> {
        let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
            let names: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!("there is no option {name:?}; the options are {}", names.join(", ")),
            )
            .with("name", name));
        };
        let whole = option.kind == OptionKind::Float || value.fract() == 0.0;
        if !(option.min..=option.max).contains(&value) || !whole {
            let kind = if option.kind == OptionKind::Int { "an integer" } else { "a number" };
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!("{name} must be {kind} from {} to {}, got {value}", option.min, option.max),
            )
            .with("name", name)
            .with("min", option.min)
            .with("max", option.max)
            .with("value", value));
        }
        self.set_checked(name, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_their_ranges_and_settable() {
        let mut config = TrainConfig::default();
        for option in OPTIONS {
            config.set(option.name, option.default).unwrap();
        }
        assert_eq!(config, TrainConfig::default());
    }

    #[test]
    fn bad_values_are_refused_with_the_range() {
        let set = |name: &str, value| TrainConfig::from_values(&BTreeMap::from([(name.to_owned(), value)]));
        assert_eq!(set("epochs", 7.0).unwrap().epochs, 7);
        for (name, value) in
            [("batchSize", 0.0), ("epochs", 2.5), ("learningRate", -1.0), ("holdout", f64::NAN), ("epoch", 1.0)]
        {
            assert_eq!(set(name, value).unwrap_err().code, ErrorCode::InvalidOption, "{name} = {value}");
        }
        assert!(set("holdout", 0.7).unwrap_err().message.contains("from 0 to 0.5, got 0.7"));
    }
}

//! The one object the worker talks to.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::device::OpenDevice;
use super::photo::Photo;
use super::slot::Slot;
use super::{clock, files, lending, picture, throw, to_js, unknown_value};
use crate::backbone::weights::{Weights, sha256_hex};
use crate::data::dataset::Added;
use crate::data::folder_layout;
use crate::device::DeviceKind;
use crate::error::{Error, ErrorCode};
use crate::eval::comparison_config::{ComparisonConfig, HOLDOUT, NamedConfig};
use crate::eval::cross_validation::{EvaluationConfig, REJECT_RATE};
use crate::eval::explain::Question;
use crate::eval::feature_maps::Layer;
use crate::image::file;
use crate::session::{ModelChoice, Session};
use crate::train::plan::config::TrainConfig;
use crate::train::plan::options::Value;

type JsResult<T> = Result<T, JsValue>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    device: DeviceKind,
    adapter: String,
    adapter_type: &'static str,
    backbone: String,
    input_size: u32,
    stages: usize,
    /// What `featureMaps` may be asked for.
    layers: Vec<String>,
    /// How many classes the network knows by itself.
    source_classes: usize,
    version: &'static str,
}

#[derive(Serialize)]
struct OpenedModel<'a> {
    labels: &'a [String],
}

/// What [`Core::start_evaluation`] takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EvaluationOptions {
    folds: Option<usize>,
    reject_rate: Option<f64>,
    train: Option<BTreeMap<String, Value>>,
    epochs: Option<usize>,
}

/// What [`Core::start_comparison`] takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparisonOptions {
    runs: Vec<NamedOptions>,
    holdout: Option<f64>,
    seed: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedOptions {
    name: String,
    config: BTreeMap<String, Value>,
}

#[wasm_bindgen]
pub struct Core {
    session: Slot,
}

#[wasm_bindgen]
impl Core {
    /// Builds the source model on the device from the bytes of a weights file, whose hash is checked first where it is known. Of a file
    /// that is not of this program, `labels` name the classes, where its output layer has as many outputs.
    pub fn open(device: &OpenDevice, weights: Vec<u8>, sha256: Option<String>, labels: Vec<String>) -> JsResult<Core> {
        let weights = Weights::bring(weights, sha256.as_deref(), &labels).map_err(throw)?;
        let session = Session::new(device.device().clone(), weights, clock).map_err(throw)?;
        Ok(Core { session: Slot::new(session) })
    }

    /// `{device, adapter, adapterType, backbone, inputSize, stages, layers, sourceClasses, version}`.
    pub fn info(&self) -> JsResult<JsValue> {
        let session = self.session.take().map_err(throw)?;
        let (device, card) = (session.device(), &session.weights().card);
        to_js(&Info {
            device: device.kind,
            adapter: device.adapter.clone(),
            adapter_type: device.adapter_type,
            backbone: card.name.clone(),
            input_size: card.input.size,
            stages: session.weights().architecture.stages.len(),
            layers: session.weights().architecture.layer_names(),
            source_classes: card.labels.len(),
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// What a file's header says, before it is decoded: `{width, height, orientation, turnedByBrowsers, rare}`. `orientation` is by the
    /// numbers of EXIF; `rare` is the error to throw where the browser cannot decode it, for formats that few browsers have, else `null`.
    pub fn inspect(&self, file: &[u8]) -> JsResult<JsValue> {
        files::inspected(&file::inspect(file).map_err(throw)?)
    }

    /// What the rest of a file says, while it is decoded: `{note, repaired}`. `note`: what the person should know of it, by its code;
    /// `repaired`: bytes to be decoded in place of the file's; both `null` mostly.
    pub fn examine(&self, file: &[u8]) -> JsResult<JsValue> {
        let inspected = file::inspect(file).map_err(throw)?;
        files::examined(&file::examine(file, &inspected).map_err(throw)?)
    }

    /// SHA-256 in lower-case hexadecimal, for pages without `crypto.subtle`, as those over plain http.
    pub fn sha256(&self, file: &[u8]) -> String {
        sha256_hex(file)
    }

    /// What the folders of these paths mean: `{photos, test, leftOut, notes}`, as [`Layout`](crate::data::folder_layout::Layout)
    /// documents them.
    pub fn arrange(&self, paths: Vec<String>) -> JsResult<JsValue> {
        to_js(&folder_layout::arrange(&paths.iter().map(|path| composed(path)).collect::<Vec<_>>()))
    }

    #[wasm_bindgen(js_name = addClass)]
    pub fn add_class(&self, label: &str) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.add_class(&composed(label))).map_err(throw)
    }

    /// Takes the rows of a photo for `add` and `supply`; its size is that of the upright photo.
    #[wasm_bindgen(js_name = photoToAdd)]
    pub fn photo_to_add(&self, width: u32, height: u32) -> JsResult<Photo> {
        let session = self.session.take().map_err(throw)?;
        session.scaler_to_store(width, height).map(Photo::new).map_err(throw)
    }

    /// Takes the rows of a photo for questions to that model: `predict`, `answer`, `explain`, `featureMaps` and `nearest`.
    #[wasm_bindgen(js_name = photoToAsk)]
    pub fn photo_to_ask(&self, width: u32, height: u32, model: &str) -> JsResult<Photo> {
        let session = self.session.take().map_err(throw)?;
        session.scaler_to_ask(width, height, model_choice(model)?).map(Photo::new).map_err(throw)
    }

    /// Takes the rows of a photo for `draws` with the same options.
    #[wasm_bindgen(js_name = photoToDraw)]
    pub fn photo_to_draw(&self, width: u32, height: u32, config: JsValue) -> JsResult<Photo> {
        let config = train_config(config)?;
        let session = self.session.take().map_err(throw)?;
        session.scaler_to_draw(width, height, &config).map(Photo::new).map_err(throw)
    }

    /// Adds a photo; returns the id of the photo already there when these bytes are, and adds nothing then.
    pub fn add(&self, id: u32, name: &str, label: &str, sha256: &str, photo: Photo) -> JsResult<Option<u32>> {
        let photo = photo.finish()?;
        let mut session = self.session.take().map_err(throw)?;
        match session.add_photo(id, name, &composed(label), sha256, &photo).map_err(throw)? {
            Added::New => Ok(None),
            Added::DuplicateOf(other) => Ok(Some(other)),
        }
    }

    /// Pixels of a photo a step asked for.
    pub fn supply(&self, id: u32, photo: Photo) -> JsResult<()> {
        let photo = photo.finish()?;
        self.session.take().and_then(|mut session| session.supply_photo(id, &photo)).map_err(throw)
    }

    pub fn remove(&self, ids: &[u32]) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.remove_photos(ids)).map_err(throw)
    }

    #[wasm_bindgen(js_name = removeClass)]
    pub fn remove_class(&self, label: &str) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.remove_class(&composed(label))).map_err(throw)
    }

    pub fn rename(&self, from: &str, to: &str) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.rename_class(&composed(from), &composed(to))).map_err(throw)
    }

    #[wasm_bindgen(js_name = "move")]
    pub fn move_photos(&self, ids: &[u32], label: &str) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.move_photos(ids, &composed(label))).map_err(throw)
    }

    /// Begins a training with the options of [`TrainConfig`] by name; those left out have their defaults.
    #[wasm_bindgen(js_name = startTraining)]
    pub fn start_training(&self, config: JsValue) -> JsResult<()> {
        let config = train_config(config)?;
        self.session.take().and_then(|mut session| session.start_training(config)).map_err(throw)
    }

    /// Whether a training with these options has to be advised first: nothing in them says how much is to learn.
    #[wasm_bindgen(js_name = needsAdvice)]
    pub fn needs_advice(&self, config: JsValue) -> JsResult<bool> {
        Ok(train_config(config)?.needs_advice())
    }

    /// Begins to find out what to train, with the options of [`TrainConfig`] that are wished for. `step` carries it on,
    /// `cancelTraining` ends it; its last event is `{type: "advised", advice}`, as [`Advice`](crate::advise::decide::Advice) documents it.
    #[wasm_bindgen(js_name = startAdvice)]
    pub fn start_advice(&self, config: JsValue) -> JsResult<()> {
        let wish = train_config(config)?;
        self.session.take().and_then(|mut session| session.start_advice(wish)).map_err(throw)
    }

    /// Begins a cross-validation, with `{folds, rejectRate, train, epochs}`: how many folds, by the smallest class where it is
    /// missing; which fraction of photos of known classes "none of these" may cost, 0.05 where it is missing; and the options and
    /// the number of epochs of the fits, those of the last training of this session where they are missing. `step` carries it on, `cancelTraining` ends it; its last event is `{type: "evaluated", evaluation}`, and the classifier
    /// carries the temperature and the threshold from then on where `evaluation.applied` says so.
    #[wasm_bindgen(js_name = startEvaluation)]
    pub fn start_evaluation(&self, config: JsValue) -> JsResult<()> {
        let expected =
            "an evaluation's options must be {folds, rejectRate, train, epochs}, folds and epochs whole numbers";
        let EvaluationOptions { folds, reject_rate, train, epochs } = from_js(config, expected)?;
        let train = train.map(|values| TrainConfig::from_values(&values)).transpose().map_err(throw)?;
        let reject_rate = reject_rate.unwrap_or(REJECT_RATE);
        let config = EvaluationConfig { train, epochs, folds, reject_rate };
        self.session.take().and_then(|mut session| session.start_evaluation(config)).map_err(throw)
    }

    /// Begins a comparison of trainings, with `{runs: [{name, config}], holdout, seed}`: the options of each by name, the fraction of
    /// each class that is held out, a third where it is missing, and the seed of the photos held out and of runs that name none.
    /// `step` carries it on, `cancelTraining` ends it; its last event is `{type: "compared", comparison}`. The classifier stays as
    /// it is.
    #[wasm_bindgen(js_name = startComparison)]
    pub fn start_comparison(&self, config: JsValue) -> JsResult<()> {
        let expected = "a comparison's options must be {runs: [{name, config}], holdout, seed}";
        let ComparisonOptions { runs, holdout, seed } = from_js(config, expected)?;
        let seed = seed.unwrap_or(0);
        let runs = runs.into_iter().map(|NamedOptions { name, mut config }| {
            config.entry("seed".to_owned()).or_insert(Value::Number(f64::from(seed)));
            TrainConfig::from_values(&config).map(|config| NamedConfig { name, config })
        });
        let runs = runs.collect::<Result<_, _>>().map_err(throw)?;
        let config = ComparisonConfig { runs, holdout: holdout.unwrap_or(HOLDOUT), seed: u64::from(seed) };
        self.session.take().and_then(|mut session| session.start_comparison(config)).map_err(throw)
    }

    /// Carries the training, evaluation, comparison or advice on by one batch and returns its event.
    pub async fn step(&self) -> JsResult<JsValue> {
        let mut session = self.session.take().map_err(throw)?;
        to_js(&session.step().await.map_err(throw)?)
    }

    /// Work for the core of another worker, one of `workers` that have nothing else to do, this one among them: photos
    /// to be read, `{id, lastStages, pictures}`, or parts of a step, `{id, lastStages, classes, parameters,
    /// photos, inputs, masks, targets}`; `{needPhotos: ids}` where pixels are needed first, or `undefined` where
    /// nothing is left to share.
    pub async fn lend(&self, workers: usize) -> JsResult<JsValue> {
        let mut session = self.session.take().map_err(throw)?;
        lending::loan(&session.lend(workers).await.map_err(throw)?)
    }

    /// How many parts a step of what is under way has: more workers than that have nothing to do. 1 where nothing is shared but
    /// reading.
    pub fn parts(&self) -> JsResult<usize> {
        self.session.take().map(|mut session| session.parts()).map_err(throw)
    }

    /// Whether the next step computes what is lent, since nothing else is left to do.
    pub fn waits(&self) -> JsResult<bool> {
        self.session.take().map(|mut session| session.waits()).map_err(throw)
    }

    /// How many workers share the work, this one among them; one unless it is called.
    #[wasm_bindgen(js_name = setReaders)]
    pub fn set_readers(&self, readers: usize) -> JsResult<()> {
        self.session.take().map(|mut session| session.set_readers(readers)).map_err(throw)
    }

    /// What the source model has made of a photo, for another visit: bits of numbers in half precision; `undefined` where it has not
    /// read the photo.
    pub fn features(&self, id: u32) -> JsResult<Option<Vec<u16>>> {
        self.session.take().map(|session| session.features(id)).map_err(throw)
    }

    /// Hands these back.
    #[wasm_bindgen(js_name = restoreFeatures)]
    pub fn restore_features(&self, id: u32, features: &[u16]) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.restore_features(id, features)).map_err(throw)
    }

    /// How many photos the source model has not read yet.
    pub fn unread(&self) -> JsResult<usize> {
        self.session.take().map(|session| session.unread()).map_err(throw)
    }

    /// How many draws of photos can be read ahead here or elsewhere: see `readAhead`.
    #[wasm_bindgen(js_name = leftAhead)]
    pub fn left_ahead(&self) -> JsResult<usize> {
        self.session.take().and_then(|mut session| session.left_ahead()).map_err(throw)
    }

    /// Reads a batch of what the next training is expected to need; `false` where nothing is left to do here.
    #[wasm_bindgen(js_name = readAhead)]
    pub async fn read_ahead(&self) -> JsResult<bool> {
        let mut session = self.session.take().map_err(throw)?;
        session.read_ahead().await.map_err(throw)
    }

    /// Goes on with the first classifier, which is there before anything is trained: `{type: "upToDate"}` where there is nothing to do,
    /// `{type: "more"}`, or `{type: "made", impression}` where it answers anew.
    #[wasm_bindgen(js_name = goOnProvisionally)]
    pub fn go_on_provisionally(&self) -> JsResult<JsValue> {
        let step = self.session.take().map(|mut session| session.go_on_provisionally()).map_err(throw)?;
        to_js(&step)
    }

    /// The answer to a loan: what `embed` or `learn` of another worker's core made of it.
    pub fn accept(&self, id: u32, answer: &[f32]) -> JsResult<()> {
        self.session.take().and_then(|mut session| session.accept(id, answer)).map_err(throw)
    }

    /// The answer to a loan of pictures of another worker's core: their activations.
    pub async fn embed(&self, last_stages: usize, pictures: Vec<u8>) -> JsResult<Vec<f32>> {
        let mut session = self.session.take().map_err(throw)?;
        session.embed(last_stages, &pictures).await.map_err(throw)
    }

    /// The answer to a loan of parts of a step, as `lend` of another worker's core gave it out: gradients and logits.
    pub async fn learn(&self, parts: JsValue) -> JsResult<Vec<f32>> {
        let (last_stages, parts) = lending::parts(&parts)?;
        let mut session = self.session.take().map_err(throw)?;
        session.learn(last_stages, &parts).await.map_err(throw)
    }

    /// The bytes of the weights file and their hash, to start the core of another worker with: `{bytes, sha256}`.
    pub fn weights(&self) -> JsResult<JsValue> {
        let session = self.session.take().map_err(throw)?;
        lending::weights(session.weights())
    }

    /// The bytes of a checkpoint of the training under way, which goes on.
    pub async fn checkpoint(&self) -> JsResult<Vec<u8>> {
        let session = self.session.take().map_err(throw)?;
        session.checkpoint().await.map_err(throw)
    }

    /// As `checkpoint`, and ends the training; what it has embedded stays until `cancelTraining`.
    pub async fn pause(&self) -> JsResult<Vec<u8>> {
        let mut session = self.session.take().map_err(throw)?;
        session.pause().await.map_err(throw)
    }

    /// Begins where a checkpoint was taken; `step` carries it on. Where that is: `{config, epochsChosen, phase, epoch, epochs,
    /// history}`, as [`Resumed`](crate::train::run::resume::Resumed) documents them.
    pub fn resume(&self, checkpoint: &[u8]) -> JsResult<JsValue> {
        let mut session = self.session.take().map_err(throw)?;
        to_js(&session.resume(checkpoint).map_err(throw)?)
    }

    /// Ends the training, evaluation or comparison under way, if any, and lets go of what only a paused one needs.
    #[wasm_bindgen(js_name = cancelTraining)]
    pub fn cancel_training(&self) -> JsResult<()> {
        self.session.take().map(|mut session| session.cancel_training()).map_err(throw)
    }

    /// The ids of photos whose files what is under way will, or may, need to see again.
    #[wasm_bindgen(js_name = wantedFiles)]
    pub fn wanted_files(&self) -> JsResult<Vec<u32>> {
        self.session.take().map(|session| session.wanted_files()).map_err(throw)
    }

    /// The `top_k` most probable classes: `[{label, index, probability}]`, the best first. `model`: `auto`, `source` or
    /// `trained`.
    pub async fn predict(&self, photo: Photo, top_k: usize, model: String) -> JsResult<JsValue> {
        let model = model_choice(&model)?;
        let photo = photo.finish()?;
        let session = self.session.take().map_err(throw)?;
        to_js(&session.predict(&photo, top_k, model).await.map_err(throw)?)
    }

    /// As `predict`, and whether the photo is of any class at all: `{predictions, unknown, similarity, threshold}`, as
    /// [`Answer`](crate::eval::classifier::Answer) documents them.
    pub async fn answer(&self, photo: Photo, top_k: usize, model: String) -> JsResult<JsValue> {
        let model = model_choice(&model)?;
        let photo = photo.finish()?;
        let session = self.session.take().map_err(throw)?;
        to_js(&session.answer(&photo, top_k, model).await.map_err(throw)?)
    }

    /// Where in a photo the evidence for a class lies: `{class, against, width, height, map, evidence, scale, top, crop, seen,
    /// overlay, legend}`, as [`Explanation`](crate::eval::explain::Explanation) documents them. `map` and `evidence` are
    /// `Float32Array`s; `seen`, `overlay` and its `legend` pictures `{width, height, data}` as `ImageData` takes them; `crop` says
    /// where in the photo the first two belong. Without `class`, the first guess; without `against`, against the average class.
    pub async fn explain(
        &self,
        photo: Photo,
        class: Option<String>,
        against: Option<String>,
        model: String,
    ) -> JsResult<JsValue> {
        let model = model_choice(&model)?;
        let photo = photo.finish()?;
        let [class, against] = [class, against].map(|label| label.as_deref().map(composed));
        let question = Question { class: class.as_deref(), against: against.as_deref() };
        let session = self.session.take().map_err(throw)?;
        let explanation = session.explain(&photo, question, model).await.map_err(throw)?;
        picture::explanation(&explanation)
    }

    /// What the network sees of a photo in a training with these options, and the first `count` augmented draws of it: `{seen, crop,
    /// draws}`, `seen` and each draw a picture `{width, height, data}` as `ImageData` takes it, `crop` where in the photo `seen` lies.
    /// `sha256`: of the photo's file, which fixes its draws.
    pub fn draws(&self, photo: Photo, sha256: &str, count: usize, config: JsValue) -> JsResult<JsValue> {
        let config = train_config(config)?;
        let photo = photo.finish()?;
        let session = self.session.take().map_err(throw)?;
        picture::draws(&session.draws(&photo, sha256, count, &config).map_err(throw)?)
    }

    /// The channels of a stage (`0`, `1`, … or `conv_head`) that vary most over a photo: `{stage, width, height, of, channels, seen,
    /// sheet}`, each channel `{index, variance, range, picture}`. `width` and `height` are those of the stage's maps; pictures are
    /// `{width, height, data}` as `ImageData` takes them, `sheet` all of them on one.
    #[wasm_bindgen(js_name = featureMaps)]
    pub async fn feature_maps(&self, photo: Photo, stage: String, channels: usize, model: String) -> JsResult<JsValue> {
        let model = model_choice(&model)?;
        let photo = photo.finish()?;
        let session = self.session.take().map_err(throw)?;
        let layer = Layer::parse(&stage, session.weights().architecture).map_err(throw)?;
        let maps = session.feature_maps(&photo, layer, channels, model).await.map_err(throw)?;
        picture::feature_maps(&maps, &stage)
    }

    /// The `count` photos of the session most like a photo: `{features, compared, neighbours: [{id, name, label, similarity}]}`, the
    /// most alike first. `features` says whose features were compared, `source` or `trained`. Compared with a classifier whose last
    /// stages learnt are photos that `readFeatures` has read.
    pub async fn nearest(&self, photo: Photo, count: usize, model: String) -> JsResult<JsValue> {
        let model = model_choice(&model)?;
        let photo = photo.finish()?;
        let session = self.session.take().map_err(throw)?;
        to_js(&session.nearest(&photo, count, model).await.map_err(throw)?)
    }

    /// Reads a batch of the features that `nearest` compares; `false` where nothing is left to read.
    #[wasm_bindgen(js_name = readFeatures)]
    pub async fn read_features(&self, model: String) -> JsResult<bool> {
        let model = model_choice(&model)?;
        let mut session = self.session.take().map_err(throw)?;
        session.read_features(model).await.map_err(throw)
    }

    /// The bytes of the model file.
    #[wasm_bindgen(js_name = exportModel)]
    pub async fn export_model(&self) -> JsResult<Vec<u8>> {
        let session = self.session.take().map_err(throw)?;
        session.export_model().await.map_err(throw)
    }

    /// The bytes of a weights file: the trained network as the source model of a next task.
    #[wasm_bindgen(js_name = exportSource)]
    pub async fn export_source(&self) -> JsResult<Vec<u8>> {
        let session = self.session.take().map_err(throw)?;
        session.export_source().await.map_err(throw)
    }

    /// Opens a model file: `{labels}`. `own` are those of its labels that mean the classes of this session, of which they are a file
    /// that the worker before this one wrote.
    #[wasm_bindgen(js_name = openModel)]
    pub fn open_model(&self, bytes: &[u8], own: Option<Vec<String>>) -> JsResult<JsValue> {
        let mut session = self.session.take().map_err(throw)?;
        to_js(&OpenedModel { labels: session.reopen_model(bytes, &own.unwrap_or_default()).map_err(throw)? })
    }
}

/// A name as the core keeps it: see [`label::clean`](crate::data::label::clean).
fn composed(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { js_sys::JsString::from(name).normalize("NFC").into() }
}

fn train_config(values: JsValue) -> JsResult<TrainConfig> {
    let values: BTreeMap<String, Value> = from_js(values, "the options must be an object of numbers and words")?;
    TrainConfig::from_values(&values).map_err(throw)
}

fn from_js<T: DeserializeOwned>(value: JsValue, expected: &str) -> JsResult<T> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        throw(Error::new(ErrorCode::InvalidOption, format!("{expected}, got something else ({error})")))
    })
}

fn model_choice(name: &str) -> JsResult<ModelChoice> {
    match name {
        "auto" => Ok(ModelChoice::Auto),
        "source" => Ok(ModelChoice::Source),
        "trained" => Ok(ModelChoice::Trained),
        "provisional" => Ok(ModelChoice::Provisional),
        _ => Err(throw(unknown_value("model", name, "auto, source, trained or provisional"))),
    }
}

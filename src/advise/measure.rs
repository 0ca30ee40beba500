//! What one batch takes on this device, at one split.

use super::cost::Measured;
use crate::data::dataset::PhotoId;
use crate::error::Result;
use crate::image::Pixels;
use crate::train::fit::inputs::Inputs;
use crate::train::plan::config::TrainConfig;
use crate::train::read::cache::ActivationCache;
use crate::train::read::sample::Sample;
use crate::train::run::workbench::Workbench;

/// Another program may take the processor at any moment, and only ever makes the time longer: so a batch is
/// timed `TIMES` times, and the lowest counts.
const TIMES: usize = 3;
/// Seconds after which what is slow is not timed once more.
const ENOUGH: f64 = 0.5;

/// One batch of pictures through the prefix of `config`, and one of `batch_size` through the suffix and back; each once before the
/// clock runs, since the first time a device compiles and reserves.
pub async fn measure(
    config: &TrainConfig,
    batch_size: usize,
    classes: usize,
    bench: &Workbench<'_>,
) -> Result<Measured> {
    let embedder = &bench.photos.embedders[bench.photos.own];
    let size = embedder.input.size;
    let grey = Pixels { width: size, height: size, rgb: vec![127; (size * size * 3) as usize] };
    let pictures = vec![&grey; bench.device.embedding_batch()];
    let mut activations = embedder.activations(&pictures[..1]).await?;
    let embed_seconds = lowest(bench.clock, async || {
        activations = embedder.activations(&pictures).await?;
        Ok(())
    });
    let embed_seconds = embed_seconds.await? / pictures.len() as f64;

    let shape = embedder.cache.shape();
    let mut cache = ActivationCache::new(shape);
    let samples: Vec<Sample> = (0..batch_size as PhotoId).map(|photo| Sample { photo, label: 0 }).collect();
    for sample in &samples {
        cache.insert(sample.photo, &activations[..shape.iter().product()])?;
    }
    let (inputs, device) = (Inputs::Activations(&cache), &bench.device.tensors);
    let mut fit = bench.fresh_fit(config, samples, Vec::new(), classes, 1 + TIMES);
    // One batch is an epoch.
    let mut epoch = async || {
        while !fit.epoch_is_over() {
            fit.step(&inputs, device)?;
        }
        fit.end_epoch().await.map(drop)
    };
    epoch().await?;
    let train_seconds = lowest(bench.clock, epoch);
    let train_seconds = train_seconds.await? / batch_size as f64;
    Ok(Measured { last_stages: config.last_stages, batch_size, embed_seconds, train_seconds })
}

async fn lowest(clock: fn() -> f64, mut batch: impl AsyncFnMut() -> Result<()>) -> Result<f64> {
    let (mut lowest, mut taken) = (f64::INFINITY, 0.0);
    for _ in 0..TIMES {
        let started = clock();
        batch().await?;
        let seconds = clock() - started;
        lowest = lowest.min(seconds);
        taken += seconds;
        if taken > ENOUGH {
            break;
        }
    }
    Ok(lowest)
}

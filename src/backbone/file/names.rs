//! The names of a network's tensors, without what wrappers put before them.

/// What wrappers put before every name: `nn.DataParallel`, `torch.compile`, Lightning and others.
const EVERY: [&str; 6] = ["module.", "_orig_mod.", "model.", "net.", "network.", "encoder."];

/// The trunk inside a larger network: of torchvision's detection models, and of its segmentation models.
const TRUNKS: [&str; 2] = ["backbone.body.", "backbone."];

/// What is to be taken off the names: only those with this prefix belong to the network, and are called what follows it.
pub fn prefix<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut prefix = String::new();
    loop {
        let rests = names.clone().filter_map(|name| name.strip_prefix(prefix.as_str()));
        let first = rests.clone().next();
        let every = EVERY.iter().find(|every| first.is_some() && rests.clone().all(|rest| rest.starts_with(**every)));
        let trunk = || TRUNKS.iter().find(|trunk| rests.clone().any(|rest| rest.starts_with(**trunk)));
        match every.or_else(trunk) {
            Some(more) => prefix.push_str(more),
            None => return prefix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::prefix;

    fn of(names: &[&str]) -> String {
        prefix(names.iter().copied())
    }

    #[test]
    fn what_every_name_begins_with_is_taken_off() {
        assert_eq!(of(&["module.conv1.weight", "module.fc.bias"]), "module.");
        assert_eq!(of(&["module._orig_mod.model.conv1.weight"]), "module._orig_mod.model.");
        assert_eq!(of(&["conv1.weight", "module.fc.bias"]), "", "one of them does not");
        assert_eq!(of(&["features.0.weight", "features.3.weight"]), "", "the network's own name");
        assert_eq!(of(&[]), "");
    }

    #[test]
    fn the_trunk_of_a_larger_network_is_what_counts() {
        assert_eq!(
            of(&["backbone.body.conv1.weight", "backbone.fpn.inner.weight", "roi_heads.bias"]),
            "backbone.body."
        );
        assert_eq!(of(&["module.backbone.conv1.weight", "module.classifier.0.weight"]), "module.backbone.");
    }
}

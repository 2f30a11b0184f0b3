//! Reserved: rules from cached facts to findings. Empty in this version.

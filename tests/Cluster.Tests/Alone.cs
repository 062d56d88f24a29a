// Signals and the modes of files are a Unix's.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

// Several nodes on two processors have enough to do with one scenario, and what is measured here is time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

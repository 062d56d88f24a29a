// Several nodes on two processors have enough to do with one scenario, and what is measured here is time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Runner.Actors.Tests.Behaviours;

/// <summary>A kind of store that behaviours are shown on.</summary>
public enum TestedStore
{
    Sqlite,
    PostgreSql,
}

/// <summary>Behaviours that a store is in, which is all of them: each test runs on every kind of store.</summary>
public abstract class BehaviourTests(TestedStore store)
{
    private protected Task<NodeFixture> StartAsync(NodeOptions? options = null) =>
        NodeFixture.StartAsync((options ?? new NodeOptions()) with { Kind = store });
}

using System.Reflection;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Actors.Tests;

/// <summary>Who may know whom: Messages ← Entities ← Actors.</summary>
public sealed class LayeringTests
{
    [Fact]
    public void Messages_know_nothing_of_ours() => Assert.Empty(OursIn(typeof(Refusal).Assembly));

    [Fact]
    public void The_entities_know_messages_alone() => Assert.Equal(["Runner.Messages"], OursIn(typeof(IEntityStore).Assembly));

    [Fact]
    public void The_actors_know_entities_and_messages_alone() =>
        Assert.Equal(["Runner.Entities", "Runner.Messages"], OursIn(typeof(RunnerNode).Assembly));

    [Fact]
    public void The_actors_know_no_web_and_no_database() => Assert.DoesNotContain(
        typeof(RunnerNode).Assembly.GetReferencedAssemblies(),
        a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || a.Name.Contains("Sqlite", StringComparison.OrdinalIgnoreCase));

    private static string[] OursIn(Assembly assembly) =>
    [
        .. assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Runner.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}

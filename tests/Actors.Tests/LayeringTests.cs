using System.Reflection;
using Runner.Actors.Nodes;
using Runner.Cli;
using Runner.Client;
using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Actors.Tests;

/// <summary>
/// Who may know whom: Messages ← Entities ← Persistence, Actors ← Host; Messages ← Wire ← Actors, Proxy; and Messages ← Client ← Cli ← Host.
/// </summary>
public sealed class LayeringTests
{
    [Fact]
    public void Messages_know_nothing_of_ours() => Assert.Empty(OursIn(typeof(Refusal).Assembly));

    [Fact]
    public void The_entities_know_messages_alone() => Assert.Equal(["Runner.Messages"], OursIn(typeof(IEntityStore).Assembly));

    [Fact]
    public void The_actors_know_entities_and_messages_alone_with_their_form_on_the_wire() =>
        Assert.Equal(["Runner.Entities", "Runner.Messages", "Runner.Wire"], OursIn(typeof(RunnerNode).Assembly));

    [Fact]
    public void An_application_gets_messages_and_their_form_on_the_wire_alone()
    {
        Assert.Equal(["Runner.Messages"], OursIn(typeof(Runner.Wire.MessageSerializer).Assembly));
        Assert.Equal(["Runner.Messages", "Runner.Wire"], OursIn(typeof(Runner.Proxy.RunnerProxy).Assembly));
    }

    [Fact]
    public void The_stores_know_entities_alone() =>
        Assert.Empty(OursIn(typeof(Persistence.Sqlite.SqliteEntityStore).Assembly).Except(["Runner.Entities", "Runner.Messages"]));

    [Fact]
    public void The_client_and_its_commands_know_messages_alone()
    {
        Assert.Equal(["Runner.Messages"], OursIn(typeof(RunnerClient).Assembly));
        Assert.Equal(["Runner.Client", "Runner.Messages"], OursIn(typeof(CliContext).Assembly));
    }

    /// <summary>A command answers in 250 ms: it cannot wait for Akka.NET to be loaded.</summary>
    [Fact]
    public void The_client_and_its_commands_know_no_actors() => Assert.DoesNotContain(
        new[] { typeof(Refusal), typeof(RunnerClient), typeof(CliContext) }.SelectMany(t => t.Assembly.GetReferencedAssemblies()),
        a => a.Name!.StartsWith("Akka", StringComparison.Ordinal));

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

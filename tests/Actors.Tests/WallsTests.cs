using System.Collections.Immutable;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Runner.Actors.Nodes;

namespace Runner.Actors.Tests;

/// <summary>
/// Which folders of the actors may know which: arrows go one way, Deployments → FlowRuns → Limits, and nothing below knows what watches it.
/// </summary>
public sealed class WallsTests
{
    private const string Root = "Runner.Actors";
    private static readonly Architecture Actors = new ArchLoader().LoadAssembly(typeof(RunnerNode).Assembly).Build();

    /// <summary>
    /// A folder, and those it may know beside itself and what lies in no folder. Nodes puts everything together, and stands in no line.
    /// </summary>
    public static TheoryData<string, string[]> Folders => new()
    {
        { "", [] },
        { "FlowRunners", [] },
        { "Scheduling", [] },
        { "Parameters", [] },
        { "Members", [] },
        { "Limits", ["Members"] },
        { "Processes", ["FlowRunners"] },
        { "FlowRuns", ["FlowRunners", "Limits", "Members", "Processes"] },
        { "Deployments", ["FlowRuns", "Limits", "Parameters", "Processes", "Scheduling"] },
        { "Retention", ["FlowRunners"] },
        { "Telemetry", ["FlowRuns", "Limits", "Processes"] },
        { "Wire", ["Deployments", "FlowRunners", "FlowRuns", "Limits", "Members", "Processes", "Retention"] },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_knows_those_below_it_and_no_other(string folder, string[] below)
    {
        var types = Actors.Types.Where(t => Folder(t) == folder && !Composes(t)).ToList();
        var strange =
            from type in types
            from target in type.Dependencies.Select(d => d.Target).Distinct()
            where target.FullName.StartsWith(Root + ".", StringComparison.Ordinal)
            let known = Folder(target)
            where known != folder && known.Length > 0 && !below.Contains(known)
            select $"{type.FullName} → {target.FullName}";

        Assert.NotEmpty(types);
        Assert.Equal("", string.Join('\n', strange.Distinct().Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_folder_has_its_line() => Assert.Equal(
        Actors.Types.Where(t => t.FullName.StartsWith(Root + ".", StringComparison.Ordinal)).Select(Folder).Distinct().Order(StringComparer.Ordinal),
        Folders.Select(row => (string)((object[])row)[0]).Append("Nodes").Order(StringComparer.Ordinal));

    /// <summary>What adds an actor to a node stands beside the actor, and knows the node.</summary>
    private static bool Composes(IType type) => type.FullName.Split('+')[0].EndsWith("Hosting", StringComparison.Ordinal);

    private static string Folder(IType type) => type.Namespace.FullName.Split('.') is ["Runner", "Actors", var folder, ..] ? folder : "";
}

using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>What a deployment may say of the variables that its programs inherit.</summary>
internal static class InheritedNames
{
    /// <summary>What is wrong with a name; null if nothing is.</summary>
    public static string? ProblemOf(string? name) => ProgramEnvironment.ProblemOf(name);
}

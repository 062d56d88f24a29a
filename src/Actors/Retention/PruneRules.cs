using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Retention;

/// <summary>What a person may ask to be pruned, and a deployment may say of its runs.</summary>
internal static class PruneRules
{
    public static ImmutableArray<Problem> Problems(PruneRuns request)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        RetentionBounds.Check("keepFor", request.KeepFor, "keepRuns", request.KeepRuns, problems);
        if (request.Deployment is { } name && Names.ProblemOfDeployment(name) is { } problem)
        {
            problems.Add(new("deployment", $"the name {problem}; expected flow/deployment"));
        }

        if (request.After is { } after && PruneCursor.Read(after) is null)
        {
            problems.Add(new("after", "it is not a cursor that an earlier part gave"));
        }

        return problems.ToImmutable();
    }
}

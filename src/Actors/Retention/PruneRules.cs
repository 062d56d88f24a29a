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
        Check("keepFor", request.KeepFor, "keepRuns", request.KeepRuns, problems);
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

    /// <summary>The bounds of a rule, under the names that its fields go by.</summary>
    public static void Check(string forField, TimeSpan? keepFor, string runsField, long? keepRuns, ImmutableArray<Problem>.Builder problems)
    {
        if (keepFor is { } time && (time < TimeSpan.Zero || time > RetentionRule.Longest))
        {
            problems.Add(new(forField, $"{DurationText.Format(time)} is not possible; expected 0s to {DurationText.Format(RetentionRule.Longest)}"));
        }

        if (keepRuns is < 0 or > RetentionRule.Most)
        {
            problems.Add(new(runsField, $"{keepRuns} is not possible; expected a whole number from 0 to {RetentionRule.Most}"));
        }
    }
}

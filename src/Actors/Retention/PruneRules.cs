using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Retention;

/// <summary>What a person may ask to be pruned: as much as a deployment may say of its runs.</summary>
internal static class PruneRules
{
    public static ImmutableArray<Problem> Problems(PruneRuns request)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var rule = new RetentionSpec(request.KeepFor, request.KeepRuns);
        problems.AddRange(
            RetentionSpec.Fields.SelectMany(field => field.OutOfBounds(rule, "").Select(problem => problem with { Field = field.JsonName })));
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

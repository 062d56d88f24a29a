using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRuns;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Deployments;

/// <summary>What a submission may ask for.</summary>
internal static class SubmissionRules
{
    private const int LongestName = 200;

    private static readonly DateTimeOffset Earliest = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static ImmutableArray<Problem> Problems(SubmitRun command)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        if (KeyRules.Problem(command.IdempotencyKey) is { } key)
        {
            problems.Add(key);
        }

        if (command.Priority is { } priority and (< -DeploymentSpec.HighestPriority or > DeploymentSpec.HighestPriority))
        {
            problems.Add(new(
                "priority",
                $"expected a whole number from {-DeploymentSpec.HighestPriority} to {DeploymentSpec.HighestPriority}; there is {priority}"));
        }

        if (command.At < Earliest || command.At > Latest)
        {
            problems.Add(new("at", "expected a time from the year 1970 to 9000"));
        }

        if (command.Name is { } name && (name.Length is 0 or > LongestName || name.Any(char.IsControl)))
        {
            problems.Add(new("name", $"expected 1 to {LongestName} characters on one line"));
        }

        DeploymentRules.CheckTags(command.Tags ?? [], problems);
        return problems.ToImmutable();
    }

    /// <summary>What the deployment's schema does not allow.</summary>
    /// <param name="parameters">All that the run would have: the deployment's with the submitted ones over them.</param>
    /// <param name="enforce">As the submission says; null is as the deployment says.</param>
    public static IEnumerable<Problem> ProblemsOf(
        ImmutableSortedDictionary<string, JsonElement> parameters, DeploymentState state, bool? enforce) => state.Schema switch
        {
            null => [],
            { } schema when enforce ?? schema.Enforced => schema.Check(parameters),
            { Enforced: true } => ParameterRules.Unfilled(state.Spec!, parameters),
            _ => [],
        };
}

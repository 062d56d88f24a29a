using System.Collections.Immutable;
using Runner.Actors.Scheduling;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>What a schedule may declare. Every problem is named by its field as the deployment file spells it.</summary>
internal static class ScheduleRules
{
    public const long MostRuns = 1_000_000_000;
    public const int MostCaughtUp = 1_000_000;
    public static readonly TimeSpan LongestJitter = TimeSpan.FromDays(1);

    public static ImmutableArray<Problem> Problems(ScheduleSpec spec)
    {
        var problems = ScheduleCompiler.Compile(spec).Problems;
        if (spec.MaxRuns is < 1 or > MostRuns)
        {
            problems = problems.Add(new("max_runs", $"expected a whole number from 1 to {MostRuns}"));
        }

        if (spec.Jitter < TimeSpan.Zero || spec.Jitter > LongestJitter)
        {
            problems = problems.Add(new(
                "jitter", $"{DurationText.Format(spec.Jitter!.Value)} is not possible; expected 0s to {DurationText.Format(LongestJitter)}"));
        }

        return problems;
    }

    /// <summary>A bound is about what <see cref="CatchUpPolicy.All"/> runs; beside another policy it would promise what does not happen.</summary>
    public static Problem? ProblemOfCatchUp(DeploymentSpec spec) => spec.CatchUpLimit switch
    {
        // JSON may have a number for a word.
        _ when !Enum.IsDefined(spec.CatchUp) => new("catchup", "expected all, latest or none"),
        null => null,
        < 1 or > MostCaughtUp => new("catchup_limit", $"expected a whole number from 1 to {MostCaughtUp}"),
        _ when spec.CatchUp != CatchUpPolicy.All => new("catchup_limit", "only 'catchup: all' has a limit; 'latest' runs one missed occurrence and 'none' runs none"),
        _ => null,
    };
}

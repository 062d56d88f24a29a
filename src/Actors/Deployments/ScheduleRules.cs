using System.Collections.Immutable;
using Runner.Actors.Scheduling;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>What a schedule may declare. Every problem is named by its field as the deployment file spells it.</summary>
internal static class ScheduleRules
{
    public static ImmutableArray<Problem> Problems(ScheduleSpec spec)
    {
        var problems = ScheduleCompiler.Compile(spec).Problems;
        // What compiles a schedule has bounds of its own, as it is used without a deployment, too; a field is told once.
        return [.. problems, .. ScheduleSpec.Fields.SelectMany(field => field.OutOfBounds(spec, ""))
            .Where(bound => problems.All(p => p.Field != bound.Field))];
    }

    /// <summary>A bound is about what <see cref="CatchUpPolicy.All"/> runs; beside another policy it would promise what does not happen.</summary>
    public static Problem? ProblemOfCatchUp(DeploymentSpec spec) => spec is { CatchUpLimit: not null, CatchUp: not CatchUpPolicy.All }
        && Enum.IsDefined(spec.CatchUp)
        ? new("catchup_limit", "only 'catchup: all' has a limit; 'latest' runs one missed occurrence and 'none' runs none")
        : null;
}

using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Host.Console;

/// <summary>What a serving node says when it begins.</summary>
/// <param name="zone">The zone that times are said in.</param>
internal sealed class ServeScreen(TextWriter output, Paint paint, TimeProvider time, TimeZoneInfo zone)
{
    public void Greet(ImmutableArray<DeploymentView> deployments, string url, string data)
    {
        if (!deployments.IsEmpty)
        {
            output.Write($"Serving {Words.Count(deployments.Length, "deployment")}:\n\n");
            output.Write(Table.Format(paint, ["DEPLOYMENT", "SCHEDULE", "NEXT RUN"], [.. deployments.SelectMany(Rows)]));
            output.Write($"\nTrigger one:  {paint.Bold($"runner submit {deployments[0].Spec.Name}")}\n");
        }
        else
        {
            output.Write($"A node without files; register deployments with {paint.Bold("runner deploy FILE")}\n");
        }

        output.Write($"API:          {url}/api/v1  (token in {Path.Combine(data, "token")})\nStop:         Ctrl-C\n\n");
        output.Flush();
    }

    private IEnumerable<string[]> Rows(DeploymentView view)
    {
        if (view.Schedules.IsDefaultOrEmpty)
        {
            yield return [view.Spec.Name, "none: runs when submitted", "-"];
        }

        var name = view.Spec.Name;
        foreach (var schedule in view.Schedules)
        {
            yield return [name, schedule.Description, Next(view, schedule)];
            name = "";
        }
    }

    private string Next(DeploymentView view, ScheduleView schedule)
    {
        var now = time.GetUtcNow();
        return schedule.Problem is { } problem ? problem
            : view.Paused ? $"paused; `runner deployment resume {view.Spec.Name}`"
            : !schedule.Active ? "not active"
            : schedule.Next.IsDefaultOrEmpty ? "never again"
            : $"{Words.Local(schedule.Next[0], now, zone)} ({Words.Until(schedule.Next[0] - now)})";
    }
}

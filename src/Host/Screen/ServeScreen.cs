using System.Collections.Immutable;
using Runner.Cli.Terminal;
using Runner.Messages.Deployments;

namespace Runner.Host.Screen;

/// <summary>What a serving node says when it begins.</summary>
internal sealed class ServeScreen(TextWriter output, Style style, Times times)
{
    public void Greet(ImmutableArray<DeploymentView> deployments, string url, string data)
    {
        if (!deployments.IsEmpty)
        {
            var table = new Table("DEPLOYMENT", "SCHEDULE", "NEXT RUN");
            foreach (var view in deployments)
            {
                AddRows(table, view);
            }

            output.Write($"Serving {Words.Count(deployments.Length, "deployment")}:\n\n{table.Render(style, indent: "  ")}");
            output.Write($"\nTrigger one:  {style.Bold($"runner submit {Printable.Line(deployments[0].Spec.Name)}")}\n");
        }
        else
        {
            output.Write($"A node without files; register deployments with {style.Bold("runner deploy FILE")}\n");
        }

        output.Write($"API:          {url}/api/v1  (token in {Path.Combine(data, "token")})\nStop:         Ctrl-C\n\n");
        output.Flush();
    }

    private void AddRows(Table table, DeploymentView view)
    {
        if (view.Schedules.IsDefaultOrEmpty)
        {
            table.Add(view.Spec.Name, "none: runs when submitted", "-");
        }

        var name = view.Spec.Name;
        foreach (var schedule in view.Schedules)
        {
            table.Add(name, schedule.Description, Next(view, schedule));
            name = "";
        }
    }

    private string Next(DeploymentView view, ScheduleView schedule) =>
        schedule.Problem is { } problem ? problem
        : view.Paused ? $"paused; `runner deployment resume {view.Spec.Name}`"
        : !schedule.Active ? "not active"
        : schedule.Next.IsDefaultOrEmpty ? "never again"
        : times.Both(schedule.Next[0]);
}

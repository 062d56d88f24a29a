using System.Collections.Immutable;
using Runner.Actors;
using Runner.Client.DeploymentFiles;
using Runner.Host.Configuration;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;

namespace Runner.Host.Commands;

/// <summary>The deployment files a node serves.</summary>
internal sealed class ServedFiles(DeploymentFile file)
{
    public ImmutableArray<string> Names { get; } = [.. file.Specs.Select(s => s.Name)];

    /// <summary>Registers every deployment, or none, sets the files' limits, and resumes those that an earlier shutdown paused.</summary>
    /// <exception cref="NodeStartException">The node does not accept them.</exception>
    public async Task<ImmutableArray<DeploymentView>> RegisterAsync(IRunnerNode node, CancellationToken cancel)
    {
        if (!file.Specs.IsEmpty && (await node.AskAsync(new RegisterDeployments(file.Specs), cancel)).Refusal is { } refusal)
        {
            throw new NodeStartException(refusal.Problems.IsDefaultOrEmpty
                ? refusal.Message
                : string.Join(Environment.NewLine, file.Explain(refusal.Problems)));
        }

        foreach (var (name, size) in file.Limits)
        {
            if ((await node.AskAsync(new SetLimit(name, size), cancel)).Refusal is { } wrong)
            {
                throw new NodeStartException(wrong.Message);
            }
        }

        var views = ImmutableArray.CreateBuilder<DeploymentView>(Names.Length);
        foreach (var name in Names)
        {
            views.Add(await ResumedAsync(node, name, cancel));
        }

        return views.MoveToImmutable();
    }

    private static async Task<DeploymentView> ResumedAsync(IRunnerNode node, string name, CancellationToken cancel)
    {
        var view = await ViewAsync(node, name, cancel);
        if (view is not { Paused: true, PausedBy: PauseReason.Shutdown })
        {
            return view;
        }

        var resumed = await node.AskAsync(new ResumeDeployment(name), cancel);
        return resumed.Refusal is { } refusal ? throw new NodeStartException(refusal.Message) : await ViewAsync(node, name, cancel);
    }

    private static async Task<DeploymentView> ViewAsync(IRunnerNode node, string name, CancellationToken cancel)
    {
        var reply = await node.AskAsync(new GetDeployment(name), cancel);
        return reply.Value ?? throw new NodeStartException(reply.Refusal!.Message);
    }
}

using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Many deployments in one request.</summary>
public abstract class RegisteringTests(TestedStore store) : BehaviourTests(store)
{
    private const int Many = 500;

    [Fact]
    public async Task Deployments_of_one_request_do_not_wait_for_one_another_and_are_answered_in_their_order()
    {
        await using var node = await StartAsync();
        var held = node.Store.Hold(Declares("many/0"));
        var reply = node.Node.AskAsync(new RegisterDeployments(Specs(node)), CancellationToken.None);
        await held.Arrived;
        while (await node.Store.RowAsync(Tables.Deployments.Name, $"many/{Many - 1}") is null)
        {
            Assert.False(reply.IsCompleted);
        }

        held.Release();

        Assert.Equal(Specs(node).Select(s => s.Name), (await reply).Accepted().Select(r => r.Name));
    }

    [Fact]
    public async Task After_a_refusal_no_other_deployment_of_the_request_is_begun_and_sending_it_again_registers_the_rest()
    {
        await using var node = await StartAsync();
        node.Store.FailAll(FaultyStore.Full);

        var refused = (await node.Node.AskAsync(new RegisterDeployments(Specs(node)), CancellationToken.None)).Refusal;

        Assert.IsType<StoreIsFull>(refused);
        node.Store.Heal();
        Assert.Null(await node.Store.RowAsync(Tables.Deployments.Name, $"many/{Many - 1}"));
        var again = (await node.Node.AskAsync(new RegisterDeployments(Specs(node)), CancellationToken.None)).Accepted();
        Assert.Equal(RegistrationOutcome.Created, again[^1].Outcome);
        Assert.Equal(Many, again.Length);
    }

    [Fact]
    public async Task What_is_asked_of_nodes_is_kept_as_it_was_declared_and_only_a_change_is_told()
    {
        await using var node = await StartAsync();
        var spec = node.Program("asks/nodes", "/bin/true") with
        {
            Requires = new([new("zone", ["b", "a"], false), new("gpu", ["true"], false), new("spot", null, true)]),
            OnNodeLoss = new(NodeLossAction.Retry, TimeSpan.FromMinutes(1)),
        };
        await node.Node.AskAsync(new RegisterDeployment(spec), CancellationToken.None);

        var same = spec with { Requires = new([new("gpu", ["true"], false), new("spot", null, true), new("zone", ["a", "b"], false)]) };
        var again = (await node.Node.AskAsync(new RegisterDeployment(same), CancellationToken.None)).Accepted();
        Assert.Equal(RegistrationOutcome.Unchanged, again.Outcome);
        var view = (await node.Node.AskAsync(new GetDeployment(spec.Name), CancellationToken.None)).Accepted();
        Assert.Equal((spec.Requires, spec.OnNodeLoss), (view.Spec.Requires, view.Spec.OnNodeLoss));
        var none = spec with { Requires = null, OnNodeLoss = null };
        var changed = (await node.Node.AskAsync(new RegisterDeployment(none), CancellationToken.None)).Accepted();
        Assert.Equal("requires, on_node_loss", string.Join(", ", changed.Changes));
    }

    private static ImmutableArray<DeploymentSpec> Specs(NodeFixture node) =>
        [.. Enumerable.Range(0, Many).Select(i => node.Program($"many/{i}", "/bin/true"))];

    private static Predicate<EntityCommit> Declares(string deployment) => commit => commit.Writes[0].Entity.Id == deployment;
}

public sealed class RegisteringOnSqliteTests() : RegisteringTests(TestedStore.Sqlite);

public sealed class RegisteringOnPostgresTests() : RegisteringTests(TestedStore.PostgreSql);

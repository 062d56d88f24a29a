using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Runner.Entities.Store;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Cluster;

/// <summary>
/// Downs a member whose process is gone, in a third of a second in place of the seconds that a silence is waited for. A process that ends closes its
/// connections, and its machine, which lives, refuses new ones at its port: three times refused and it is gone. A machine that is silent refuses
/// nothing, and a process that stands still is connected to all the same; both are left to the split brain resolver. So is one that only a firewall
/// between the nodes refuses: the database still has the session of its process, which it ends with that.
/// </summary>
internal sealed class FastDowning : ReceiveActor
{
    private const int Tries = 3;

    /// <summary>
    /// How often it is looked whether the database has noticed that the process has ended: it does at once, but for what it is about.
    /// </summary>
    private const int Looks = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly HashSet<Address> _probed = [];
    private readonly ClusterKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public FastDowning(ClusterKeeper keeper, TimeProvider time, ILogger log)
    {
        (_keeper, _time, _log) = (keeper, time, log);
        Receive<AssociationEvent>(e => Probe(e.RemoteAddress), e => e is DisassociatedEvent or AssociationErrorEvent);
        Receive<AssociationEvent>(_ => { });
        Receive<ClusterEvent.UnreachableMember>(e => Probe(e.Member.Address));
        Receive<Probed>(OnProbed);
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember));
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
    }

    private void Probe(Address address)
    {
        // A node that leaves ends, too: its going is arranged already.
        if (!_probed.Contains(address) && MemberAt(address) is { Status: MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up } member)
        {
            _probed.Add(address);
            ProbeAsync(member.UniqueAddress).PipeTo(Self);
        }
    }

    private async Task<Probed> ProbeAsync(UniqueAddress member)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (tries > 0)
            {
                await Task.Delay(Pause, _time).ConfigureAwait(false);
            }

            if (!await IsRefusedAsync(member.Address).ConfigureAwait(false))
            {
                return new Probed(member, false);
            }
        }

        return new Probed(member, await HasEndedAsync(ClusterAddress.OwnerOf(member)).ConfigureAwait(false));
    }

    private async Task<bool> HasEndedAsync(string owner)
    {
        for (var looks = 0; looks < Looks; looks++)
        {
            try
            {
                if (await _keeper.HasSessionAsync(owner).ConfigureAwait(false) is not { } has)
                {
                    return false;
                }

                if (!has)
                {
                    return true;
                }
            }
            catch (StoreException)
            {
                return false;
            }

            await Task.Delay(Pause, _time).ConfigureAwait(false);
        }

        return false;
    }

    private async Task<bool> IsRefusedAsync(Address address)
    {
        using var timeout = new CancellationTokenSource(Longest, _time);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port!.Value, timeout.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void OnProbed(Probed probed)
    {
        var address = probed.Member.Address;
        _probed.Remove(address);
        if (!probed.IsGone || MemberAt(address) is not { } member || member.UniqueAddress != probed.Member)
        {
            // Or it is another life of that node by now.
            return;
        }

        _log.Warning(
            "The node at {Address} is gone: its machine refuses connections to it, and its session in the database has ended. It is taken out of the "
            + "cluster", address);
        _cluster.Down(address);
        ((IRemoteActorRefProvider)((ExtendedActorSystem)Context.System).Provider).Quarantine(address, member.UniqueAddress.Uid);
        ExpireAsync(ClusterAddress.OwnerOf(member.UniqueAddress)).PipeTo(ActorRefs.Nobody);
    }

    private async Task<int> ExpireAsync(string owner)
    {
        try
        {
            return await _keeper.ExpireAsync(owner).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            // Then they run out.
            return 0;
        }
    }

    private Member? MemberAt(Address address) =>
        address.Equals(_cluster.SelfAddress) ? null : _cluster.State.Members.FirstOrDefault(m => m.Address.Equals(address));

    private sealed record Probed(UniqueAddress Member, bool IsGone) : INoSerializationVerificationNeeded;
}

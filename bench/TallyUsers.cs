using Akka.Actor;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Bench;

/// <summary>One actor for each of many tallies, that keeps commands in flight until its share of the events is durable.</summary>
internal static class TallyUsers
{
    public static Task RunAsync(TallySystem tallies, int users, int inFlight, int eventsEach)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = users;
        void OnDone()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.SetResult();
            }
        }

        for (var i = 0; i < users; i++)
        {
            var entity = TallySystem.Key(i);
            tallies.System.ActorOf(ActorProducer.Props(() => new User(tallies.Router, entity, inFlight, eventsEach, OnDone)));
        }

        return done.Task;
    }

    private sealed class User(IEntityRouter router, EntityKey entity, int inFlight, int events, Action done) : UntypedActor
    {
        private int _sent;
        private int _durable;

        protected override void PreStart()
        {
            while (_sent < Math.Min(inFlight, events))
            {
                Send();
            }
        }

        protected override void OnReceive(object message)
        {
            if (message is not TallyAnswer)
            {
                throw new InvalidOperationException($"{entity} answered {message}.");
            }

            if (++_durable == events)
            {
                done();
                Context.Stop(Self);
            }
            else if (_sent < events)
            {
                Send();
            }
        }

        private void Send()
        {
            _sent++;
            router.Tell(entity, AddOne.Instance, Self);
        }
    }
}

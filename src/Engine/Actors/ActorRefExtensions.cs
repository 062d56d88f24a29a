namespace Runner.Engine.Actors;

/// <summary>Asking, forwarding, piping and stopping.</summary>
public static class ActorRefExtensions
{
    /// <summary>Sends a message and returns a task of its reply. For use outside of actors, or with <see cref="PipeTo{T}"/> inside.</summary>
    /// <param name="timeout">Zero or more, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <returns>
    /// The first reply. Faults with <see cref="AskTimeoutException"/> when none comes in time, with the cause of a
    /// <see cref="Status.Failure"/>, and with <see cref="InvalidCastException"/> when the reply is no <typeparamref name="T"/>.
    /// </returns>
    public static Task<T> Ask<T>(
        this IActorRef target, object message, TimeSpan timeout, ActorSystem system, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(system);
        if (ct.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(ct);
        }

        var promise = new AskPromise<T>(system, target, ct);
        promise.Send(message, timeout);
        return promise.Task;
    }

    /// <summary>Sends on a message as if the current sender had sent it.</summary>
    public static void Forward(this IActorRef target, object message, IActorContext context)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(context);
        target.Tell(message, context.Sender);
    }

    /// <summary>Stops an actor by message; true when it has stopped (or had already), false when time ran out first.</summary>
    /// <param name="stopMessage">What makes it stop; <see cref="PoisonPill"/> if null.</param>
    /// <exception cref="NotSupportedException">Not an actor of this process.</exception>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, ActorSystem system, object? stopMessage = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(system);
        if (target is not IInternalRef actor)
        {
            throw new NotSupportedException($"{target.Path} is not an actor of this process and cannot be watched.");
        }

        var promise = new StopPromise(system, actor);
        promise.Start(stopMessage ?? PoisonPill.Instance, timeout);
        return promise.Task;
    }

    /// <summary>Sends a task's outcome to an actor, on the thread that completes it.</summary>
    /// <param name="success">Makes the message of the result; without it, the result itself.</param>
    /// <param name="failure">Makes the message of the error (or cancellation); without it, <see cref="Status.Failure"/>.</param>
    /// <returns>A task that completes, always successfully, when the message was sent.</returns>
    public static Task PipeTo<T>(
        this Task<T> task,
        IActorRef recipient,
        IActorRef? sender = null,
        Func<T, object>? success = null,
        Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(recipient);
        return Pipe(task, () => Outcome(task, success), recipient, sender, failure);
    }

    /// <summary>As <see cref="PipeTo{T}"/>, for a task without a result.</summary>
    /// <param name="success">Makes the message of completion; without it, <see cref="Status.Success"/> of null.</param>
    public static Task PipeTo(
        this Task task,
        IActorRef recipient,
        IActorRef? sender = null,
        Func<object>? success = null,
        Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(recipient);
        return Pipe(
            task,
            () =>
            {
                task.GetAwaiter().GetResult();
                return success is null ? new Status.Success(null) : success();
            },
            recipient,
            sender,
            failure);
    }

    private static object Outcome<T>(Task<T> task, Func<T, object>? success)
    {
        var result = task.GetAwaiter().GetResult();
        return success is not null
            ? success(result)
            : result ?? throw new InvalidOperationException("A null result cannot be sent as a message; give PipeTo a success function.");
    }

    private static Task Pipe(Task task, Func<object> outcome, IActorRef recipient, IActorRef? sender, Func<Exception, object>? failure)
    {
        if (task.IsCompleted)
        {
            Deliver(outcome, recipient, sender, failure, FailureOf(task));
            return Task.CompletedTask;
        }

        return task.ContinueWith(
            done => Deliver(outcome, recipient, sender, failure, FailureOf(done)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private static Exception? FailureOf(Task task) => task.IsFaulted ? task.Exception.InnerException : null;

    private static void Deliver(
        Func<object> outcome, IActorRef recipient, IActorRef? sender, Func<Exception, object>? failure, Exception? failed)
    {
        recipient.Tell(Message(outcome, failure, failed), sender);
    }

    private static object Message(Func<object> outcome, Func<Exception, object>? failure, Exception? failed)
    {
        if (failed is not null)
        {
            // Known without being thrown: a store that is away fails by the thousand.
            return FailureMessage(failed, failure);
        }

        try
        {
            return outcome();
        }
        catch (Exception e)
        {
            return FailureMessage(e, failure);
        }
    }

    // A failing failure function must not swallow the outcome: the actor would wait for ever.
    private static object FailureMessage(Exception cause, Func<Exception, object>? failure)
    {
        try
        {
            return failure is null ? new Status.Failure(cause) : failure(cause);
        }
        catch (Exception e)
        {
            return new Status.Failure(new AggregateException(e, cause));
        }
    }
}

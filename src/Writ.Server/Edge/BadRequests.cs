using Microsoft.AspNetCore.Http.Features;

namespace Writ.Server.Edge;

/// <summary>
/// Hears of what Kestrel refuses below HTTP (a malformed request line, headers too large): it answers its 4xx and no
/// handler of ours runs, but it is recorded like any other refusal.
/// </summary>
/// <param name="record">Records a refusal: kind and code.</param>
public sealed class BadRequests(Func<HttpContext, string, string, Task> record)
    : IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Kestrel's event: its value is the feature collection of the request.</summary>
    public const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is not { Key: EventName, Value: IFeatureCollection features }) return;
        // Not waited for: there is no answer of ours to hold back. A store that takes nothing has its own alarms.
        _ = record(new DefaultHttpContext(features), "request.refuse", "malformed_http")
            .ContinueWith(
                t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}

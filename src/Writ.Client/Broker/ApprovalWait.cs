using System.Text.Json;

namespace Writ.Client;

/// <summary>
/// Asks the broker for something; where a person has to say yes first, looks now and then what became of that, and asks
/// the same again. As long as the options say.
/// </summary>
internal sealed class ApprovalWait(WritClientOptions options, ManagementApi management)
{
    private const double Growth = 1.5;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Asks; <paramref name="ask"/> gets the approval to point to, at first the given one or null.
    /// </summary>
    /// <exception cref="WritException">Refused: with <see cref="WritException.Approval"/> if nobody said anything in
    /// time.</exception>
    internal async Task<T> RunAsync<T>(
        Func<string?, CancellationToken, Task<T>> ask, CancellationToken cancel, string? approval = null)
    {
        var until = options.Time.GetUtcNow() + options.ApprovalPatience;
        while (true)
        {
            try
            {
                return await ask(approval, cancel);
            }
            catch (WritException e) when (e.Approval is { } pending && pending.Id != approval
                && options.ApprovalPatience > TimeSpan.Zero)
            {
                options.WaitingForApproval?.Invoke(pending);
                if (!await IsOverAsync(pending, until, cancel))
                    throw;
                approval = pending.Id;
            }
        }
    }

    // By the id and not by the address in the answer: our token goes to the broker alone.
    private async Task<bool> IsOverAsync(PendingApproval pending, DateTimeOffset until, CancellationToken cancel)
    {
        var path = $"/v1/approvals/{Uri.EscapeDataString(pending.Id)}";
        for (var pause = Within(pending.Interval); ; pause = Within(pause * Growth))
        {
            if (await StatusAsync(path, cancel) is not (null or "pending"))
                return true;
            if (options.Time.GetUtcNow() + pause > until)
                return false;
            await Task.Delay(pause, options.Time, cancel);
        }
    }

    private async Task<string?> StatusAsync(string path, CancellationToken cancel)
    {
        try
        {
            var answer = await management.SendAsync(HttpMethod.Get, path, body: null, cancel);
            return answer is { } found && found.TryGetProperty("status", out var status)
                && status.ValueKind == JsonValueKind.String
                ? status.GetString()
                : throw BrokerErrors.Malformed("an approval without status");
        }
        catch (WritException e) when (!e.IsRefusal && e.Code != BrokerErrors.BadAnswer)
        {
            return null; // the broker is away for a moment: a person takes longer
        }
    }

    private static TimeSpan Within(TimeSpan pause) => pause < Shortest ? Shortest : pause > Longest ? Longest : pause;
}

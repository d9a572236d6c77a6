"""What was wrong with the example shop in the past weeks, oldest first: short reports, as people file them."""

from dataclasses import dataclass

from storage.models import Severity


@dataclass(frozen=True)
class PastBug:
    """A report of the past. `copy_of` is the title of the one it repeats."""

    component: str
    severity: Severity
    title: str
    what: str
    copy_of: str = ""


def past_bugs() -> tuple[PastBug, ...]:
    """List the reports of the past, oldest first."""
    return tuple(_read(line) for line in _LINES.strip().splitlines())


def _read(line: str) -> PastBug:
    """Read "component severity | title | what", and what it repeats behind another bar."""
    first, title, what, *copied = (part.strip() for part in line.split("|"))
    component, severity = first.split()
    return PastBug(component, Severity(severity), title, what, *copied)


_LINES = """
checkout S3 | Delivery date says yesterday for express orders | Ordered at 23:50, promised for the day before.
sign-in S2 | Password reset mail never arrives for t-online addresses | Three customers since Monday, none in the log.
search S3 | Results jump while images load | I wanted the second lamp and pressed the third.
invoices S4 | Two blanks in front of the VAT number | Only in the PDF, the mail is right.
checkout S2 | Gift cards are refused above 100 euro | “Card not valid”, although it has 150 euro on it.
web S3 | Footer covers the last row of products on tablets | Sideways only.
sign-in S3 | Remember me forgets after a day | It said thirty days.
search S2 | Price filter hides everything in Swiss francs | Switch the shop to CHF, set 10 to 500: nothing left.
checkout S3 | Back from PayPal shows an empty page | Reload helps.
invoices S3 | Credit note carries the number of the invoice | The bookkeeping refuses it.
checkout S1 | Nobody can pay by card since 14:20 | “Service unavailable” for every card, web and phone.
search S4 | Typo in the hint below the search field | “Serach for anything”.
web S3 | Size table opens behind the picture | On the page of every shoe.
sign-in S3 | Wrong time zone in “last sign-in” | It shows UTC to everybody.
checkout S3 | Phone number with a plus is refused | +49 works nowhere, 0049 does.
invoices S2 | Refund is booked twice when the button is pressed twice | Order 9981: 40 euro back two times.
search S3 | Umlauts in the filter list are sorted last | Öl comes after Zucker.
web S4 | Icon for wish lists is blurred on large screens | It is a picture of 16 pixels.
checkout S2 | Apple Pay sheet closes by itself on iOS 18 | It opens for a second. Safari and the app.
checkout S2 | Apple Pay closes before I can confirm | A colleague's phone. | Apple Pay sheet closes by itself on iOS 18
sign-in S4 | Button for Google is two pixels lower than the other | Seen side by side on the sign-in page.
search S3 | “Did you mean” offers products that are sold out | For “grill” it offers three we no longer sell.
invoices S3 | Company name is cut after 40 letters | Ours has 52, and the tax office minds.
web S3 | Cookie banner comes back on each page | Firefox with strict protection.
checkout S3 | Packing station is not offered for Austria | It is for Germany.
search S2 | Nothing is found for numbers with a dash | “RX-100” gives nothing, “RX100” does.
sign-in S2 | Signing in with a passkey fails on Android 15 | “Key is not known”, right after making it.
invoices S4 | Logo on the invoice is grey instead of green | Since the new template.
checkout S4 | Spacing between the payment methods is uneven | 12, 12, 20 and 12 pixels.
web S3 | Product video starts with sound | People at work dislike that.
checkout S3 | Voucher of the newsletter is taken off before shipping | The terms say after it.
search S3 | Filter for colours forgets the second colour | Red and blue chosen, only blue in the address.
invoices S3 | Invoice is in English for French customers | The order mail is in French.
sign-in S3 | Second factor asks twice after a change of password | Both codes are right.
web S4 | Contrast of the sale badge is too low | White on yellow: 1.9 to 1.
checkout S2 | Order is placed twice when the page is slow | Two order mails, one payment.
checkout S3 | Two orders instead of one on the train | Pressed once. | Order is placed twice when the page is slow
search S3 | Page 2 of the results begins with the last of page 1 | With 24 on a page.
invoices S2 | No invoice for orders with more than 50 lines | Orders 10012 and 10044, “try again later”.
web S3 | Language switch leads to the start page | From any product.
sign-in S3 | Name with an apostrophe is shown as O&#39;Brien | In the greeting at the top.
checkout S3 | Address check moves the house number into the street | “Am Markt 3” becomes “Am Markt3”.
search S4 | Magnifier icon is missing in the narrow header | Below 360 pixels.
checkout S3 | Estimated delivery is empty for furniture | It should say four weeks.
web S2 | Start page takes twelve seconds on a phone | Since the autumn pictures, on 4G.
invoices S3 | Date of the invoice is the date of the print | Printed again in October, dated October.
search S3 | Search for one letter takes the page down for a moment | “a” and Enter; an error, then it is back.
sign-in S2 | Session of the shop ends the session of the help desk | Same browser, both signed out.
checkout S3 | Klarna is offered for orders below its minimum | And is then refused.
checkout S4 | The word “Total” is not translated into Polish | On the last page only.
web S3 | Wish list shows products twice | After adding the same one on two devices.
search S3 | Filter counts are wrong when one is chosen | 12 are promised, 9 shown.
invoices S3 | Copy of the invoice goes to the old mail address | It was changed in the profile a week before.
checkout S2 | Coupon takes the price below zero | 20 euro off a book of 12: minus 8 to pay.
sign-in S3 | Account cannot be deleted while a return is open | The page says nothing about it.
web S4 | Dark mode has a white flash between two pages | Chrome only.
checkout S3 | Gift wrap is charged for downloads | 2.50 for an e-book.
search S3 | Sort by price ignores the discount | The reduced one comes first at its old price.
invoices S4 | Thousands are written with a comma in German | 1,234.00 instead of 1.234,00.
web S3 | Picture zoom opens in the wrong corner | On touch screens.
checkout S2 | Payment by invoice is offered to guests | It must not be.
checkout S3 | Guests may choose payment by invoice | Saw it this morning. | Payment by invoice is offered to guests
sign-in S3 | Captcha cannot be read aloud | The audio button does nothing.
search S3 | Products without a picture are left out of the results | 31 of them.
invoices S3 | Reverse charge note is missing for Belgium | It is there for all other countries.
web S3 | Reviews with an emoji are cut at it | “Love it 🎉 and so does my dog” ends at “it”.
checkout S3 | Saved card is shown as expired in its last month | 11/26 is said to be over in November.
search S2 | Suggestions stop after the first hyphen | “t-shirt” suggests nothing at all.
sign-in S4 | Link to the terms opens in the same tab | What I typed is gone.
web S3 | Store finder shows shops that are closed for good | Hamburg and Kiel.
checkout S3 | Shipping costs change between two pages | 4.90 in the summary, 5.90 to pay.
invoices S2 | Total of the monthly invoice leaves out returns | Two business customers paid too much.
search S3 | Back button leads to the first page of the results | Was on page four.
web S4 | Two icons of the share menu are the same | Mail and link.
checkout S3 | Postcode of Gibraltar is refused | GX11 1AA is all they have.
sign-in S3 | Greeting uses the name of the invoice address | It is the wife's.
search S3 | Filter by size mixes EU and UK sizes | 42 and 8 in one list.
web S3 | Availability alert is sent for sold-out products | Three mails, none of it there.
checkout S2 | Express checkout skips the delivery address | It sent a parcel to the office of last year.
invoices S3 | Invoice mail has two attachments of the same name | The second is empty.
search S4 | Empty results page has no spacing above the picture | It touches the header.
sign-in S3 | New device mail names the wrong city | Berlin instead of Munich.
web S3 | Bundle price is not shown on the product page | Only later on.
checkout S3 | Discount for students is offered after payment | Too late.
checkout S3 | Student discount comes one page too late | I had paid. | Discount for students is offered after payment
invoices S3 | Purchase number is missing on partial invoices | It is on the first one.
search S3 | Old prices in the list for an hour after a sale ends | The product page is right.
web S4 | Spacing of the bread crumbs breaks with long names | Two lines, one above the other.
checkout S3 | Company field is required for private persons | Only with the Dutch shop.
search S3 | Filter panel cannot be closed on small phones | The cross is outside of the screen.
sign-in S2 | Guests who sign in lose their wish list | It is empty afterwards.
invoices S3 | Reminder is sent although the invoice is paid | Paid on Friday, reminded on Sunday.
"""
